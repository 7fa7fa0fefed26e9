/** Calls leechers that have announced: some clients never reach a seeder by themselves. */

import { connect, type Socket } from 'node:net';

export interface DialTarget {
  /** 40 hex digits. */
  infoHash: string;
  address: string;
  port: number;
}

export interface DiallerDeps {
  /** False: connected by now, or full. */
  isWanted: (target: DialTarget) => boolean;
  /**
   * Talks on; resolves when the connection has ended or its handshake is over.
   * @returns whether the other side has said anything
   */
  talk: (socket: Socket, target: DialTarget, encrypted: boolean) => Promise<boolean>;
}

export interface Dialler {
  dial(target: DialTarget): void;
  stop(): void;
}

const MAX_WAITING = 256;
const MAX_RUNNING = 16;
const CONNECT_MS = 5_000;
/** A client that was told of us calls us itself within this time: two connections are one too many. */
const COURTESY_MS = 700;

export function createDialler({ isWanted, talk }: DiallerDeps): Dialler {
  const waiting: DialTarget[] = [];
  const sockets = new Set<Socket>();
  let running = 0;
  let stopped = false;

  function next(): void {
    if (stopped || running >= MAX_RUNNING) return;
    const target = waiting.shift();
    if (target === undefined) return;
    running += 1;
    run(target)
      .catch(() => undefined) // nobody there: the leecher may call us
      .finally(() => {
        running -= 1;
        next();
      });
  }

  async function run(target: DialTarget): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, COURTESY_MS));
    for (const encrypted of [false, true]) {
      if (stopped || !isWanted(target)) return;
      const socket = await open(target);
      // Closed without a word: it may take encrypted connections only.
      if (await talk(socket, target, encrypted)) return;
    }
  }

  function open({ address, port }: DialTarget): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: address, port, noDelay: true });
      sockets.add(socket);
      const timer = setTimeout(() => socket.destroy(new Error('no answer')), CONNECT_MS);
      socket.once('close', () => {
        sockets.delete(socket);
        clearTimeout(timer);
        reject(new Error('closed'));
      });
      socket.once('error', reject);
      socket.once('connect', () => {
        clearTimeout(timer);
        resolve(socket);
      });
    });
  }

  return {
    dial(target) {
      if (stopped || waiting.length >= MAX_WAITING) return;
      waiting.push(target);
      next();
    },
    stop() {
      stopped = true;
      waiting.length = 0;
      for (const socket of sockets) socket.destroy();
    },
  };
}
