/**
 * The everseed as the main thread sees it: starts the thread, answers what it asks, and takes rights
 * away. Who may is decided by `decide` alone.
 */

import { Worker } from 'node:worker_threads';
import type { DialTarget } from './dialler';
import type { SeedSource } from './seed-torrent';
import type { FromWorker, ToWorker, WorkerOptions } from './worker-messages';

export interface EverseedDeps {
  options: WorkerOptions;
  /** The built worker. */
  workerFile: string;
  /** Whether a peer of this address may have the torrent now; from memory. */
  decide: (infoHash: string, address: string) => boolean;
  /** Whether somebody new is served at all: not where the swarm can do without us. */
  isNeeded: (infoHash: string) => boolean;
  /** `null`: it cannot be served (the bytes are elsewhere, or gone). */
  source: (infoHash: string) => Promise<SeedSource | null>;
  /** The same with URLs that are signed anew. */
  renew: (infoHash: string) => Promise<SeedSource | null>;
  /** The files are not those of the torrent any more. */
  onChanged: (infoHash: string) => void;
  /** Bytes of blocks sent, every few seconds and at the end. */
  onSent: (infoHash: string, bytes: number) => void;
  /** A peer has told our own address (4 or 16 bytes) as it sees it. */
  onSeenAs: (peer: string, address: Uint8Array) => void;
  /** The port is open, for the first time or once more. */
  onListening: () => void;
  logger: EverseedLogger;
}

export interface EverseedLogger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export interface Everseed {
  start(): void;
  stop(): Promise<void>;
  /** The torrent may be asked for from now on. Its files may lie elsewhere than before. */
  add(infoHash: string): void;
  remove(infoHash: string): void;
  dial(target: DialTarget): void;
  /** Closes the peers whose right is gone, of one torrent or of all. Done twice a second, too. */
  recheck(infoHash?: string): void;
  /** The port it listens on; `null` while it does not. */
  readonly port: number | null;
  /** Its own in handshakes, 20 bytes; `null` while it does not listen. */
  readonly peerId: Uint8Array | null;
  /** Peers let in. */
  readonly peers: number;
  /** Bytes of blocks sent since the start. */
  readonly sentBytes: number;
}

/**
 * Rights change in many places (roles, users, keys, entries, takedowns): what is looked at anew twice a
 * second needs no hook in each of them, and is gone within a second even where a hook is forgotten.
 */
const RECHECK_MS = 500;
const FIRST_RESTART_MS = 1_000;
const LAST_RESTART_MS = 60_000;
/** A thread that has lived as long starts with a short pause again. */
const HEALTHY_MS = 60_000;
const STOP_MS = 2_000;
/** Outside of it are the buffers, which have a bound of their own. */
const HEAP_MB = 128;

const WARN_AGAIN_MS = 60_000;
const MAX_WARNED = 1_000;

interface Pair {
  infoHash: string;
  address: string;
  count: number;
}

const pairKey = (infoHash: string, address: string): string => `${infoHash} ${address}`;

export function createEverseed(deps: EverseedDeps): Everseed {
  const { decide, logger } = deps;
  const infoHashes = new Set<string>();
  /** Peers that were let in. */
  const pairs = new Map<string, Pair>();
  const warnedAt = new Map<string, number>();
  let worker: Worker | null = null;
  let port: number | null = null;
  let peerId: Uint8Array | null = null;
  let sentBytes = 0;
  let pause = FIRST_RESTART_MS;
  let restart: NodeJS.Timeout | null = null;
  let rechecking: NodeJS.Timeout | null = null;

  function launch(): void {
    restart = null;
    const startedAt = Date.now();
    const thread = new Worker(deps.workerFile, {
      workerData: deps.options,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    worker = thread;
    thread.unref();
    thread.on('message', (message: FromWorker) => hear(thread, message));
    thread.on('error', (error) => logger.error(`[bittorrent] the everseed failed: ${error.name}`));
    thread.on('exit', () => {
      if (worker !== thread) return; // stopped
      worker = null;
      port = null;
      pairs.clear();
      if (Date.now() - startedAt > HEALTHY_MS) pause = FIRST_RESTART_MS;
      restart = setTimeout(launch, pause).unref();
      pause = Math.min(2 * pause, LAST_RESTART_MS);
    });
    post({ kind: 'add', infoHashes: [...infoHashes] });
  }

  function post(message: ToWorker): void {
    worker?.postMessage(message);
  }

  function hear(thread: Worker, message: FromWorker): void {
    // Also the last ones, of a thread that stops.
    if (message.kind === 'sent')
      for (const [infoHash, bytes] of message.bytes) sent(infoHash, bytes);
    if (worker !== thread) return;
    switch (message.kind) {
      case 'listening':
        port = message.port;
        peerId = message.peerId;
        logger.info(`[bittorrent] the everseed listens on TCP port ${message.port}`);
        deps.onListening();
        break;
      case 'cannot-listen':
        logger.error(
          `[bittorrent] the everseed cannot listen on TCP port ${deps.options.port} (${message.code})`,
        );
        void thread.terminate(); // and tries again, later and later
        break;
      case 'ask':
        answer(thread, message).catch(() => {
          post({ kind: 'answer', id: message.id, answer: { allowed: false, source: null } });
        });
        break;
      case 'renew':
        renew(message).then(
          (source) => post({ kind: 'source', id: message.id, source }),
          () => post({ kind: 'source', id: message.id, source: null }),
        );
        break;
      case 'seen':
        deps.onSeenAs(message.peer, message.address);
        break;
      case 'left':
        leave(message.infoHash, message.address);
        break;
      case 'changed':
        deps.onChanged(message.infoHash);
        break;
      case 'unreadable':
        warnUnreadable(message);
        break;
      case 'sent':
        break;
    }
  }

  function sent(infoHash: string, bytes: number): void {
    sentBytes += bytes;
    deps.onSent(infoHash, bytes);
  }

  async function answer(
    thread: Worker,
    { id, infoHash, address, needsSource }: Extract<FromWorker, { kind: 'ask' }>,
  ): Promise<void> {
    const isKnown = pairs.has(pairKey(infoHash, address));
    const isServed = isKnown || deps.isNeeded(infoHash);
    const may = (): boolean => isServed && infoHashes.has(infoHash) && decide(infoHash, address);
    const source = needsSource && may() ? await deps.source(infoHash) : null;
    if (worker !== thread) return;
    // Once more: the right may have gone while the files were looked up.
    const allowed = may() && (!needsSource || source !== null);
    if (allowed) enter(infoHash, address);
    post({ kind: 'answer', id, answer: { allowed, source } });
  }

  /** Each peer that is there meets the same trouble: one line a minute is enough. */
  function warnUnreadable({ infoHash, code }: Extract<FromWorker, { kind: 'unreadable' }>): void {
    const now = Date.now();
    if (now - (warnedAt.get(infoHash) ?? -Infinity) < WARN_AGAIN_MS) return;
    if (warnedAt.size >= MAX_WARNED) warnedAt.clear();
    warnedAt.set(infoHash, now);
    logger.warn(`[bittorrent] the everseed cannot read the files of ${infoHash} (${code})`);
  }

  async function renew({ infoHash }: Extract<FromWorker, { kind: 'renew' }>) {
    return infoHashes.has(infoHash) ? deps.renew(infoHash) : null;
  }

  function enter(infoHash: string, address: string): void {
    const key = pairKey(infoHash, address);
    const pair = pairs.get(key);
    if (pair === undefined) pairs.set(key, { infoHash, address, count: 1 });
    else pair.count += 1;
  }

  function leave(infoHash: string, address: string): void {
    const key = pairKey(infoHash, address);
    const pair = pairs.get(key);
    if (pair !== undefined && (pair.count -= 1) <= 0) pairs.delete(key);
  }

  function recheck(only?: string): void {
    for (const { infoHash, address } of pairs.values()) {
      if (only !== undefined && infoHash !== only) continue;
      if (!decide(infoHash, address)) post({ kind: 'close', infoHash, address });
    }
  }

  return {
    start() {
      if (worker !== null || restart !== null) return;
      launch();
      rechecking = setInterval(() => {
        try {
          recheck();
        } catch {
          logger.error('[bittorrent] the everseed could not look at rights anew');
        }
      }, RECHECK_MS).unref();
    },
    async stop() {
      if (restart !== null) clearTimeout(restart);
      if (rechecking !== null) clearInterval(rechecking);
      restart = rechecking = null;
      const thread = worker;
      if (thread === null) return;
      post({ kind: 'stop' });
      worker = null;
      port = null;
      pairs.clear();
      const gone = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
      const timer = setTimeout(() => void thread.terminate(), STOP_MS);
      await gone;
      clearTimeout(timer);
    },
    add(infoHash) {
      if (infoHashes.has(infoHash)) post({ kind: 'forget', infoHash });
      else {
        infoHashes.add(infoHash);
        post({ kind: 'add', infoHashes: [infoHash] });
      }
      recheck(infoHash);
    },
    remove(infoHash) {
      if (infoHashes.delete(infoHash)) post({ kind: 'remove', infoHash });
    },
    dial: (target) => post({ kind: 'dial', target }),
    recheck,
    get port() {
      return port;
    },
    get peerId() {
      return port === null ? null : peerId;
    },
    get peers() {
      return [...pairs.values()].reduce((sum, { count }) => sum + count, 0);
    },
    get sentBytes() {
      return sentBytes;
    },
  };
}
