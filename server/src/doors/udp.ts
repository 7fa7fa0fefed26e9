/** The tracker's UDP door at a Strapi: opens together with Strapi's own port. */

import type { Core } from '@strapi/strapi';
import type { Health } from '../api';
import type { Config } from '../config';
import type { Tracker } from '../tracker';
import { createUdpListener } from '../transports';

export interface UdpDoorDeps {
  strapi: Core.Strapi;
  config: Config;
  tracker: Tracker;
  health: Health;
}

export interface UdpDoor {
  listenWithStrapi(): void;
  stop(): Promise<void>;
}

/** `null` when no port is configured. */
export function createUdpDoor({ strapi, config, tracker, health }: UdpDoorDeps): UdpDoor | null {
  const { announcePath, udp } = config.tracker;
  const { host, port } = udp;
  if (port === undefined) return null;
  const { httpServer } = strapi.server;
  let isListening = false;
  const listener = createUdpListener({
    tracker,
    host,
    port,
    announcePath,
    logger: strapi.log,
    clock: () => performance.now(),
  });
  health.register({
    name: 'udp',
    state: () => ({ ok: isListening, text: isListening ? 'listens' : 'is not open yet' }),
  });

  function open(): void {
    listener.start().then(
      () => (isListening = true),
      (error: unknown) => strapi.stopWithError(error, '[bittorrent] the UDP tracker cannot listen'),
    );
  }

  return {
    listenWithStrapi() {
      // Not at once: commands like `strapi export` load us too, beside the Strapi that serves.
      httpServer.once('listening', open);
    },
    async stop() {
      httpServer.off('listening', open);
      await listener.stop();
    },
  };
}
