/** The tracker's UDP door at a Strapi: opens together with Strapi's own port. */

import type { Core } from '@strapi/strapi';
import type { Health } from '../api';
import type { Config } from '../config';
import type { Tracker } from '../tracker';
import { createUdpListener } from '../transports';
import { createOwnPort, type OwnPort } from './own-port';

export interface UdpDoorDeps {
  strapi: Core.Strapi;
  config: Config;
  tracker: Tracker;
  health: Health;
}

/** `null` when no port is configured. */
export function createUdpDoor({ strapi, config, tracker, health }: UdpDoorDeps): OwnPort | null {
  const { announcePath, udp } = config.tracker;
  const { host, port } = udp;
  if (port === undefined) return null;
  const listener = createUdpListener({
    tracker,
    host,
    port,
    announcePath,
    logger: strapi.log,
    clock: () => performance.now(),
  });
  return createOwnPort({
    strapi,
    health,
    name: 'udp',
    listener,
    problem: () => '[bittorrent] the UDP tracker cannot listen',
  });
}
