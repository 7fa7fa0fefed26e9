/**
 * One peer's side of the conversation behind the handshake, without a socket: bytes in, bytes and
 * blocks to be read out. Never throws for what a peer says; keeps a bounded amount of it.
 */

import type { SeedTorrent } from './seed-torrent';
import { createExtensions } from './extensions';
import { pieceSize } from './seed-torrent';
import { allowedFast } from './wire/allowed-fast';
import type { Handshake } from './wire/handshake';
import {
  allowedFastPiece,
  createMessageReader,
  haveEverything,
  MAX_BLOCK,
  MESSAGE,
  plainMessage,
  readBlockRequest,
  rejectRequest,
  type BlockRequest,
} from './wire/messages';
import type { Run } from './wire/piece-frame';

export type CloseReason =
  | 'too-long'
  | 'misbehaving'
  /** It has everything as well: we have nothing to say to each other. */
  | 'seeder';

export interface Session {
  /** What opens the conversation. */
  start(): void;
  /** A reason to close the connection, or `null`. Nothing may be called after a reason. */
  receive(chunk: Buffer): CloseReason | null;
  readonly interested: boolean;
  readonly choking: boolean;
  choke(): void;
  unchoke(): void;
  /**
   * Takes the blocks asked for first off the queue.
   * @param most bytes; a single block may be larger
   */
  nextRun(most: number): Run | null;
  /** Takes the answer to a request for the info dictionary (BEP 9) off its queue. */
  nextMetadata(): Buffer | null;
  /** Blocks waiting. */
  readonly waiting: number;
}

export interface SessionDeps {
  torrent: SeedTorrent;
  peer: Pick<Handshake, 'fast' | 'extensions'>;
  /** The peer's, as its socket gives it. */
  address: string;
  send: (bytes: Buffer) => void;
  /** Interest has changed: slots are given out by somebody else. */
  onInterest: (interested: boolean) => void;
  /** Our own address as the peer sees it (BEP 10, `yourip`): 4 or 16 bytes. */
  onSeenAs: (address: Buffer) => void;
}

/**
 * Far more than clients ask for at once; it is not advertised (`reqq`), because Transmission would
 * then go slowly. A longer queue is answered with rejects.
 */
export const MAX_QUEUE = 8_000;
/** Requests outside of the payload and the like; honest clients make none. */
const MAX_FAULTS = 20;
/** A seeder is sent no blocks: its longest messages are a bitfield and an exchange of peers. */
const MAX_MESSAGE = 64 * 1024;
/** Given to a choked peer at most, per connection: a few blocks of large pieces are no gift any more. */
const MOST_FREE_BYTES = 4 * 1024 * 1024;

export function createSession(deps: SessionDeps): Session {
  const { torrent, peer, send, onInterest } = deps;
  /** Length by position in the payload, in the order asked for. */
  const queue = new Map<number, number>();
  let order = queue.keys();
  let ahead: number | null = null;
  const extensions = createExtensions(deps);
  const free = freePieces(deps);
  let freeBytes = [...free].reduce((sum, piece) => sum + pieceSize(torrent, piece), 0);
  let choking = true;
  let interested = false;
  let faults = 0;
  let reason: CloseReason | null = null;

  const bitfieldBytes = Math.ceil(torrent.pieceCount / 8);
  const reader = createMessageReader(Math.max(MAX_MESSAGE, bitfieldBytes + 1), (id, body) => {
    if (reason === null) handle(id, body);
  });

  function handle(id: number, body: Buffer): void {
    switch (id) {
      case MESSAGE.interested:
        setInterest(true);
        break;
      case MESSAGE.notInterested:
        setInterest(false);
        break;
      case MESSAGE.request:
        request(readBlockRequest(body));
        break;
      case MESSAGE.cancel:
        cancel(readBlockRequest(body));
        break;
      case MESSAGE.haveAll:
        reason = 'seeder';
        break;
      case MESSAGE.bitfield:
        if (isComplete(body, torrent.pieceCount)) reason = 'seeder';
        break;
      case MESSAGE.extended:
        if (!extensions.hear(body)) fault();
        break;
      case MESSAGE.piece:
        fault(); // we ask for nothing
        break;
      default:
      // BEP 3 and 10: what one does not know is passed over.
    }
  }

  function setInterest(now: boolean): void {
    if (now === interested) return;
    interested = now;
    onInterest(now);
  }

  function fault(): void {
    faults += 1;
    if (faults > MAX_FAULTS) reason = 'misbehaving';
  }

  function request(block: BlockRequest | null): void {
    if (block === null || !isInside(torrent, block)) {
      if (block !== null) reject(block);
      fault();
      return;
    }
    const position = block.piece * torrent.pieceLength + block.begin;
    const isFull = queue.size >= MAX_QUEUE && !queue.has(position);
    if (isFull || (choking && !isFree(block))) reject(block);
    else queue.set(position, block.length);
  }

  /** A choked peer gets each of its pieces about once. */
  function isFree({ piece, length }: BlockRequest): boolean {
    if (!free.has(piece) || freeBytes < length) return false;
    freeBytes -= length;
    return true;
  }

  function cancel(block: BlockRequest | null): void {
    if (block === null) {
      fault();
      return;
    }
    const position = block.piece * torrent.pieceLength + block.begin;
    if (queue.get(position) !== block.length) return; // on its way already
    queue.delete(position);
    reject(block);
  }

  /** BEP 6: every request is answered, with the block or with this. Others wait in silence. */
  function reject(block: BlockRequest): void {
    if (peer.fast) send(rejectRequest(block));
  }

  /** The first position that is still wanted. */
  function peek(): number | null {
    if (ahead !== null && queue.has(ahead)) return ahead;
    let next = order.next();
    if (next.done === true) {
      order = queue.keys(); // an iterator that came to the end stays there
      next = order.next();
    }
    ahead = next.done === true ? null : next.value;
    return ahead;
  }

  return {
    start() {
      if (peer.extensions) send(extensions.handshake());
      send(haveEverything(torrent.pieceCount, peer.fast));
      for (const piece of free) send(allowedFastPiece(piece));
    },
    receive(chunk) {
      if (!reader.push(chunk)) reason ??= 'too-long';
      return reason;
    },
    get interested() {
      return interested;
    },
    get choking() {
      return choking;
    },
    choke() {
      if (choking) return;
      choking = true;
      send(plainMessage(MESSAGE.choke));
      for (const [position, length] of queue) {
        const piece = Math.floor(position / torrent.pieceLength);
        reject({ piece, begin: position - piece * torrent.pieceLength, length });
      }
      queue.clear();
    },
    unchoke() {
      if (!choking) return;
      choking = false;
      send(plainMessage(MESSAGE.unchoke));
    },
    nextRun(most) {
      const start = peek();
      if (start === null) return null;
      const blocks: number[] = [];
      let end = start;
      let position: number | null = start;
      while (position === end && (blocks.length === 0 || end - start < most)) {
        const length: number = queue.get(position) ?? 0;
        queue.delete(position);
        blocks.push(length);
        end += length;
        position = peek();
      }
      return { position: start, length: end - start, blocks };
    },
    nextMetadata: () => extensions.nextAnswer(),
    get waiting() {
      return queue.size;
    },
  };
}

/** As many of the canonical pieces as are small enough together. */
function freePieces({ torrent, peer, address }: SessionDeps): Set<number> {
  const count = Math.min(10, Math.floor(MOST_FREE_BYTES / torrent.pieceLength));
  if (!peer.fast || count === 0) return new Set();
  const infoHash = Buffer.from(torrent.infoHash, 'hex');
  return new Set(allowedFast({ infoHash, address, pieceCount: torrent.pieceCount, count }));
}

function isInside(torrent: SeedTorrent, { piece, begin, length }: BlockRequest): boolean {
  if (piece >= torrent.pieceCount || length === 0 || length > MAX_BLOCK) return false;
  return begin + length <= pieceSize(torrent, piece);
}

function isComplete(bits: Buffer, pieces: number): boolean {
  const whole = Math.floor(pieces / 8);
  if (bits.length < Math.ceil(pieces / 8)) return false;
  for (let i = 0; i < whole; i += 1) if (bits[i] !== 0xff) return false;
  const rest = pieces % 8;
  const mask = (0xff << (8 - rest)) & 0xff;
  return rest === 0 || ((bits[whole] ?? 0) & mask) === mask;
}
