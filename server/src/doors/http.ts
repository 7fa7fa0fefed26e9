/** The tracker's HTTP doors at a Strapi: in front of it on its own port, and on a port of its own. */

import type { Core } from '@strapi/strapi';
import type { Health } from '../api';
import type { Config } from '../config';
import { proxySettingsOf } from '../site';
import type { Tracker } from '../tracker';
import {
  createHttpListener,
  createTrackerHandler,
  frontConnections,
  interceptRequests,
  type ClientAddress,
} from '../transports';
import { createOwnPort, type OwnPort } from './own-port';

export interface HttpDoorsDeps {
  strapi: Core.Strapi;
  config: Config;
  tracker: Tracker;
  clientAddress: ClientAddress;
  health: Health;
}

export interface HttpDoors {
  /** In `register`: from now on announces and scrapes do not reach Strapi's own stack. */
  takeRequests(): void;
  /** In `bootstrap`: the port of our own opens together with Strapi's. */
  listenWithStrapi(): void;
  stop(): Promise<void>;
}

export function createHttpDoors(doors: HttpDoorsDeps): HttpDoors {
  const { strapi, config, tracker, clientAddress, health } = doors;
  const { announcePath, http } = config.tracker;
  const { httpServer } = strapi.server;
  const deps = {
    tracker,
    clientAddress,
    logger: strapi.log,
    clock: () => performance.now(),
    announcePath,
    forwardedHeader: proxySettingsOf(strapi, config).header,
  };
  const ownPort = http.port === undefined ? null : openOwnPort(http.port);
  let putBack = (): void => undefined;

  function openOwnPort(port: number): OwnPort {
    const listener = createHttpListener({
      ...deps,
      host: http.host,
      port,
    });
    return createOwnPort({
      strapi,
      health,
      name: 'http port',
      listener,
      onListening: () =>
        strapi.log.info(`BitTorrent tracker also on its own port ${listener.port} (HTTP)`),
      problem: (error) => listenProblem(http, error),
    });
  }

  return {
    takeRequests() {
      const front = frontConnections(httpServer, deps);
      // Also for announces on connections that `node:http` has already.
      const stopIntercepting = interceptRequests(httpServer, createTrackerHandler(deps));
      putBack = () => {
        front?.letGo();
        stopIntercepting();
      };
    },
    listenWithStrapi: () => ownPort?.listenWithStrapi(),
    async stop() {
      putBack();
      await ownPort?.stop();
    },
  };
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is used by another program',
  EACCES: 'needs a privilege that Strapi does not have',
  EADDRNOTAVAIL: 'cannot be had, because this machine has no such address',
};

/** What an operator can do something about, with the place to do it. */
function listenProblem({ host, port }: Config['tracker']['http'], error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const where = host === undefined ? '' : ` on ${host}`;
  const reason = REASONS[code] ?? `cannot be listened on (${code})`;
  return `[bittorrent] bittorrent.config.tracker.http: port ${String(port)}${where} ${reason}`;
}
