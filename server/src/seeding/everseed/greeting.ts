/**
 * From the first byte to the end of both handshakes, plain or encrypted, without a socket: what
 * comes in is turned into what goes out, and in the end into a peer that names a torrent.
 */

import {
  HANDSHAKE_BYTES,
  isPlainHandshake,
  readHandshake,
  writeHandshake,
  type Handshake,
} from './wire/handshake';
import { acceptMse, initiateMse, type MseDeps, type MseHandshake } from './wire/mse';
import type { Rc4 } from './wire/rc4';

export type GreetingProgress =
  { kind: 'waiting'; send: Buffer | null } | Greeted | { kind: 'refused' };

export interface Greeted {
  kind: 'greeted';
  send: Buffer | null;
  peer: Handshake;
  /** For all that follows; `null` in plaintext. */
  encrypt: Rc4 | null;
  decrypt: Rc4 | null;
  /** What came behind the handshake already, decrypted. */
  rest: Buffer;
}

export interface Greeting {
  /** What goes out first; `null` when the other side begins. */
  readonly start: Buffer | null;
  /** Never throws. After `greeted` or `refused` it must not be called again. */
  push(chunk: Buffer): GreetingProgress;
}

export interface AcceptGreetingDeps extends MseDeps {
  /** The info-hash whose `skeyDigest` this is, or undefined. */
  infoHashOf: (skeyDigest: string) => Buffer | undefined;
}

/** The other side has connected. Our own handshake is left to the caller: a stranger gets none. */
export function acceptGreeting(deps: AcceptGreetingDeps): Greeting {
  let start: Buffer = Buffer.alloc(0);
  let inner: Greeting['push'] | null = null;

  return {
    start: null,
    push(chunk) {
      if (inner !== null) return inner(chunk);
      start = Buffer.concat([start, chunk]);
      const isPlain = isPlainHandshake(start);
      if (isPlain === null) return { kind: 'waiting', send: null };
      inner = isPlain ? readPlain(null) : readSealed(acceptMse(deps));
      return inner(start);
    },
  };
}

export interface DialGreetingDeps extends MseDeps {
  /** 20 bytes. */
  infoHash: Buffer;
  /** Our own, 20 bytes. */
  peerId: Buffer;
  encrypted: boolean;
}

/** We have connected: `start` holds our own handshake, and the answer must be about the same torrent. */
export function dialGreeting(deps: DialGreetingDeps): Greeting {
  const handshake = writeHandshake(deps.infoHash, deps.peerId);
  if (!deps.encrypted) return { start: handshake, push: readPlain(deps.infoHash) };
  const mse = initiateMse({ ...deps, initialPayload: handshake });
  return { start: mse.start, push: readSealed(mse) };
}

/** @param infoHash what the handshake must be about; `null`: anything */
function readPlain(
  infoHash: Buffer | null,
  ciphers: Pick<Greeted, 'encrypt' | 'decrypt'> = { encrypt: null, decrypt: null },
): Greeting['push'] {
  let received: Buffer = Buffer.alloc(0);
  return (chunk) => {
    received = Buffer.concat([received, chunk]);
    if (isPlainHandshake(received) === false) return { kind: 'refused' };
    if (received.length < HANDSHAKE_BYTES) return { kind: 'waiting', send: null };
    const peer = readHandshake(received.subarray(0, HANDSHAKE_BYTES));
    if (peer === null) return { kind: 'refused' };
    if (infoHash !== null && !peer.infoHash.equals(infoHash)) return { kind: 'refused' };
    const rest = received.subarray(HANDSHAKE_BYTES);
    return { kind: 'greeted', send: null, peer, ...ciphers, rest };
  };
}

function readSealed(mse: MseHandshake): Greeting['push'] {
  let inner: Greeting['push'] | null = null;
  let decrypt: Rc4 | null = null;
  return (chunk) => {
    if (inner !== null) {
      decrypt?.(chunk);
      return inner(chunk);
    }
    const progress = mse.push(chunk);
    if (progress.kind !== 'done') return progress;
    const { encrypt } = progress;
    decrypt = progress.decrypt;
    inner = readPlain(progress.infoHash, { encrypt, decrypt });
    const next = inner(progress.received);
    return next.kind === 'refused' ? next : { ...next, send: progress.send };
  };
}
