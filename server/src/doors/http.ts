/** The tracker's HTTP doors at a Strapi: in front of it on its own port, and on a port of its own. */

import type { Core } from '@strapi/strapi';
import type { Health } from '../api';
import type { Config } from '../config';
import { proxySettingsOf } from '../site';
import type { Tracker } from '../tracker';
import {
  createHttpListener,
  createTrackerHandler,
  interceptRequests,
  type ClientAddress,
} from '../transports';

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
  };
  const { host, port } = http;
  const listener =
    port === undefined
      ? null
      : createHttpListener({
          ...deps,
          forwardedHeader: proxySettingsOf(strapi, config).header,
          host,
          port,
        });
  let isListening = false;
  if (listener !== null) {
    health.register({
      name: 'http',
      state: () => ({ ok: isListening, text: isListening ? 'listens' : 'is not open yet' }),
    });
  }
  let putBack = (): void => undefined;

  function open(): void {
    listener?.start().then(
      () => {
        isListening = true;
        strapi.log.info(`BitTorrent tracker also on its own port ${listener.port} (HTTP)`);
      },
      (error: unknown) => strapi.stopWithError(error, listenProblem(http, error)),
    );
  }

  return {
    takeRequests() {
      putBack = interceptRequests(httpServer, createTrackerHandler(deps));
    },
    listenWithStrapi() {
      // Not at once: commands like `strapi export` boot a Strapi too, beside the one that serves.
      httpServer.once('listening', open);
    },
    async stop() {
      httpServer.off('listening', open);
      putBack();
      await listener?.stop();
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
