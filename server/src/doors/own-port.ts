/** A port of the tracker's own: opens together with Strapi's, and health says whether it did. */

import type { Core } from '@strapi/strapi';
import type { Health } from '../api';

export interface OwnPortDeps {
  strapi: Core.Strapi;
  health: Health;
  /** Of the part that health shows. */
  name: string;
  listener: { start(): Promise<unknown>; stop(): Promise<void> };
  onListening?: () => void;
  /** What the operator is told, when Strapi stops because the port cannot be had. */
  problem: (error: unknown) => string;
}

export interface OwnPort {
  /** In `bootstrap`. */
  listenWithStrapi(): void;
  stop(): Promise<void>;
}

export function createOwnPort(deps: OwnPortDeps): OwnPort {
  const { strapi, listener } = deps;
  const { httpServer } = strapi.server;
  let isListening = false;
  deps.health.register({
    name: deps.name,
    state: () => ({ ok: isListening, text: isListening ? 'listens' : 'is not open yet' }),
  });

  function open(): void {
    listener.start().then(
      () => {
        isListening = true;
        deps.onListening?.();
      },
      (error: unknown) => strapi.stopWithError(error, deps.problem(error)),
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
