/** The tracker's WebSocket door at a Strapi: browsers, on the announce path of Strapi's own port. */

import type { Core } from '@strapi/strapi';
import type { Health } from '../api';
import type { Config } from '../config';
import { createSignalling, type Gate, type Signalling, type Tracker } from '../tracker';
import { createWebSocketDoor, type ClientAddress } from '../transports';

export interface SignallingDoorDeps {
  strapi: Core.Strapi;
  config: Config;
  gate: Gate;
  tracker: Tracker;
  clientAddress: ClientAddress;
  health: Health;
}

export interface SignallingDoor {
  signalling: Signalling;
  /** In `register`: takes the upgrades on the announce path, and leaves all others alone. */
  takeUpgrades(): void;
  start(): void;
  stop(): void;
}

export function createSignallingDoor(deps: SignallingDoorDeps): SignallingDoor {
  const { strapi, config, gate, tracker, clientAddress } = deps;
  const { announcePath, websocket } = config.tracker;
  const clock = (): number => performance.now();
  const signalling = createSignalling({
    gate,
    clock,
    random: Math.random,
    canonical: (infoHash) => tracker.canonical(infoHash),
    completed: {
      of: (infoHash) => tracker.counts(infoHash).completed,
      count: (infoHash, downloaded) => tracker.countCompleted(infoHash, downloaded),
    },
    admits: (address, family) => tracker.admits(address, family),
    tally: tracker.tally,
    onFault: (error) => strapi.log.error('[bittorrent] sweeping the swarms of browsers', error),
  });
  const door = createWebSocketDoor({
    signalling,
    clientAddress,
    logger: strapi.log,
    clock,
    announcePath,
    origins: websocket.origins,
    tally: tracker.tally,
  });
  let letGo = (): void => undefined;
  if (websocket.enabled) {
    deps.health.register({ name: 'websocket', state: () => ({ ok: true, text: 'listens' }) });
  }

  return {
    signalling,
    takeUpgrades() {
      if (websocket.enabled) letGo = door.attachTo(strapi.server.httpServer);
    },
    start() {
      signalling.start();
      door.start();
    },
    stop() {
      letGo();
      signalling.stop();
      door.stop();
    },
  };
}
