/** The everseed's sockets: one port for all torrents, calls in and out, and limits on both. */

import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Connection, LONGEST_RUN, type ConnectionDeps } from './connection';
import { createDialler, type DialTarget } from './dialler';
import { createFileCache } from './file-cache';
import { acceptGreeting, dialGreeting } from './greeting';
import { createOpenTorrents, type Ask } from './open-torrents';
import { createRemoteFiles } from './remote-files';
import { createRoom } from './room';
import type { SeedSource } from './seed-torrent';
import { createSlots } from './slots';
import { createSpans, SPAN_BYTES } from './spans';
import { bothRates, createUploadRate } from './upload-rate';
import type { Handshake } from './wire/handshake';
import { createKeyExchange } from './wire/key-exchange';
import { skeyDigest } from './wire/mse';

export interface SeedServerOptions {
  /** 0: any free one. */
  port: number;
  /** Unset: all addresses, IPv4 and IPv6. */
  host?: string | undefined;
  maxConnections: number;
  /** Bytes a second of all uploads together; `null`: no limit. */
  uploadRate: number | null;
  /** The same to each of them. */
  uploadRatePerPeer: number | null;
}

export interface SeedServerDeps {
  options: SeedServerOptions;
  ask: Ask;
  /** Where the files of the torrent lie now: signed URLs of a provider expire. */
  renew: (infoHash: string) => Promise<SeedSource | null>;
  /** A peer that `ask` has allowed has gone. */
  onLeft: (infoHash: string, address: string) => void;
  /** The files are not those of the torrent any more. */
  onChanged: (infoHash: string) => void;
  /** Storage refuses. */
  onUnreadable: (infoHash: string, error: unknown) => void;
  onSent: (infoHash: string, bytes: number) => void;
  /** A peer has told our own address as it sees it. */
  onSeenAs: (peer: string, address: Uint8Array) => void;
  clock: () => number;
}

export interface SeedServer {
  /** Its own in handshakes, 20 bytes. */
  readonly peerId: Uint8Array;
  /** Rejects when the port is taken. */
  start(): Promise<AddressInfo>;
  /** Torrents that strangers may ask for; only these are ever looked up. */
  add(infoHashes: Iterable<string>): void;
  /** Its peers are closed, too. */
  remove(infoHash: string): void;
  /** Its files may have moved. */
  forget(infoHash: string): void;
  dial(target: DialTarget): void;
  /** Closes the torrent's peers of one address, or all of them. */
  close(infoHash: string, address: string | null): void;
  readonly connections: number;
  stop(): Promise<void>;
}

const PEER_ID_PREFIX = '-SB0100-';
const MAX_OPEN_FILES = 64;
const TICK_MS = 1_000;
const ROTATE_EVERY = 15;
/** Bytes in the sockets of all connections, when none of them reads. */
const BUFFERS = 64 * 1024 * 1024;
/** Bytes of payload that are kept for whoever asks next. */
const SPANS = 32 * 1024 * 1024;
const MIN_BUFFER = 64 * 1024;
const MAX_BUFFER = 1024 * 1024;
/** Served at once: with a limit, as many as get 16 KiB a second each. */
const MAX_SLOTS = 100;
const MIN_SLOTS = 4;
const SLOT_RATE = 16 * 1024;

export function createSeedServer(deps: SeedServerDeps): SeedServer {
  const { options, clock } = deps;
  const room = createRoom<Connection>({ maxConnections: options.maxConnections, clock });
  /** Info-hash by what encrypted connections call it. */
  const digests = new Map<string, string>();
  const known = new Set<string>();
  const files = createFileCache({ most: MAX_OPEN_FILES, clock });
  const remote = createRemoteFiles({ renew: deps.renew });
  const torrents = createOpenTorrents({ ask: deps.ask, files, remote, clock });
  const spans = createSpans({ most: SPANS / SPAN_BYTES });
  const slots = createSlots<Connection>(slotCount(options));
  const mse = { keys: createKeyExchange(randomBytes), random: randomBytes };
  const peerId = Buffer.concat([
    Buffer.from(PEER_ID_PREFIX, 'latin1'),
    randomBytes(20 - PEER_ID_PREFIX.length),
  ]);
  /** Told when a connection is let in or closed: what the dialler waits for. */
  const settled = new WeakMap<Connection, () => void>();
  let server: Server | null = null;
  let timer: NodeJS.Timeout | null = null;
  let ticks = 0;

  const rate = { clock, portion: LONGEST_RUN };
  const total = createUploadRate(options.uploadRate, rate);

  const connectionDeps: ConnectionDeps = {
    peerId,
    createRate: () => bothRates(total, createUploadRate(options.uploadRatePerPeer, rate)),
    clock,
    spans,
    bufferSize: () =>
      Math.max(MIN_BUFFER, Math.min(MAX_BUFFER, Math.floor(BUFFERS / (room.size + 1)))),
    authorise,
    onInterest(connection, interested) {
      if (interested) slots.add(connection);
      else slots.remove(connection);
    },
    onSent: (torrent, bytes) => deps.onSent(torrent.infoHash, bytes),
    onSeenAs(connection, address) {
      if (connection.toldAddress) return;
      connection.toldAddress = true;
      deps.onSeenAs(connection.address, Uint8Array.from(address));
    },
    onReadError({ infoHash }, error) {
      if (torrents.fail(infoHash, error)) {
        closeAll(infoHash, null);
        deps.onChanged(infoHash);
      } else deps.onUnreadable(infoHash, error);
    },
    onOffence: room.strike,
    onClosed,
  };

  async function authorise({ infoHash }: Handshake, connection: Connection) {
    const hex = infoHash.toString('hex');
    if (!known.has(hex)) return null;
    connection.infoHash = hex;
    room.introduce(connection);
    const open = await torrents.enter(hex, connection.address);
    if (open === null) {
      connection.infoHash = null;
      return null;
    }
    if (connection.closed) left(hex, connection.address);
    settled.get(connection)?.();
    return open;
  }

  function onClosed(connection: Connection): void {
    room.delete(connection);
    slots.remove(connection);
    if (connection.session !== null && connection.infoHash !== null) {
      left(connection.infoHash, connection.address);
    }
    settled.get(connection)?.();
  }

  function left(infoHash: string, address: string): void {
    torrents.leave(infoHash);
    deps.onLeft(infoHash, address);
  }

  function adopt(socket: Socket, make: () => Connection): Connection | null {
    const address = socket.remoteAddress;
    if (address === undefined || !room.admits(address)) {
      socket.on('error', () => undefined);
      socket.destroy();
      return null;
    }
    const connection = make();
    room.add(connection);
    return connection;
  }

  function accept(socket: Socket): void {
    adopt(socket, () => {
      const infoHashOf = (digest: string): Buffer | undefined => {
        const infoHash = digests.get(digest);
        return infoHash === undefined ? undefined : Buffer.from(infoHash, 'hex');
      };
      const greeting = acceptGreeting({ ...mse, infoHashOf });
      return new Connection({ socket, greeting, dialled: false }, connectionDeps);
    });
  }

  function talk(socket: Socket, { infoHash }: DialTarget, encrypted: boolean): Promise<boolean> {
    return new Promise((resolve) => {
      const connection = adopt(socket, () => {
        const hash = Buffer.from(infoHash, 'hex');
        const greeting = dialGreeting({ ...mse, infoHash: hash, peerId, encrypted });
        return new Connection({ socket, greeting, dialled: true }, connectionDeps);
      });
      if (connection === null) resolve(true);
      else settled.set(connection, () => resolve(connection.heard));
    });
  }

  function isConnected({ infoHash, address }: DialTarget): boolean {
    for (const connection of room.members()) {
      if (connection.infoHash === infoHash && sameAddress(connection.address, address)) return true;
    }
    return false;
  }

  function closeAll(infoHash: string, address: string | null): void {
    for (const connection of room.members()) {
      if (connection.infoHash !== infoHash) continue;
      if (address === null || connection.address === address) connection.close();
    }
  }

  function tick(): void {
    const now = clock();
    for (const connection of room.members()) connection.tick(now);
    if (room.size === 0) spans.clear();
    ticks += 1;
    if (ticks % ROTATE_EVERY === 0) slots.rotate();
  }

  const dialler = createDialler({
    isWanted: (target) => known.has(target.infoHash) && !isConnected(target),
    talk,
  });

  return {
    peerId,
    async start() {
      const listening = createServer({ noDelay: true }, accept);
      server = listening;
      await new Promise<void>((resolve, reject) => {
        listening.once('error', reject);
        listening.listen({ port: options.port, host: options.host }, () => {
          listening.off('error', reject);
          listening.on('error', () => undefined); // accept(2) has failed: others may still succeed
          resolve();
        });
      });
      timer = setInterval(tick, TICK_MS);
      return listening.address() as AddressInfo;
    },
    add(infoHashes) {
      for (const infoHash of infoHashes) {
        known.add(infoHash);
        digests.set(skeyDigest(Buffer.from(infoHash, 'hex')), infoHash);
      }
    },
    remove(infoHash) {
      if (!known.delete(infoHash)) return;
      digests.delete(skeyDigest(Buffer.from(infoHash, 'hex')));
      closeAll(infoHash, null);
      torrents.forget(infoHash);
    },
    forget: (infoHash) => torrents.forget(infoHash),
    dial: (target) => dialler.dial(target),
    close: closeAll,
    get connections() {
      return room.size;
    },
    async stop() {
      if (timer !== null) clearInterval(timer);
      dialler.stop();
      const listening = server;
      const ended =
        listening === null
          ? Promise.resolve()
          : new Promise<void>((resolve) => listening.close(() => resolve()));
      for (const connection of room.members()) connection.close();
      await ended;
      remote.stop();
      await files.close();
    },
  };
}

function slotCount({ uploadRate }: SeedServerOptions): number {
  if (uploadRate === null) return MAX_SLOTS;
  return Math.max(MIN_SLOTS, Math.min(MAX_SLOTS, Math.floor(uploadRate / SLOT_RATE)));
}

/** Where the server listens on IPv6 and IPv4 at once, IPv4 callers have mapped addresses. */
function sameAddress(a: string, b: string): boolean {
  const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
  return plain(a) === plain(b);
}
