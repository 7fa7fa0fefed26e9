/** Whatever strangers send to the everseed: nothing throws, and what is kept is bounded. */

import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { acceptGreeting, dialGreeting } from '../../server/src/seeding/everseed/greeting';
import { createSession, MAX_QUEUE } from '../../server/src/seeding/everseed/session';
import { bdecode } from '../../server/src/seeding/everseed/wire/bdecode';
import {
  HANDSHAKE_BYTES,
  isPlainHandshake,
  readHandshake,
  writeHandshake,
} from '../../server/src/seeding/everseed/wire/handshake';
import {
  createKeyExchange,
  type KeyExchange,
} from '../../server/src/seeding/everseed/wire/key-exchange';
import { createMessageReader, message } from '../../server/src/seeding/everseed/wire/messages';
import { skeyDigest } from '../../server/src/seeding/everseed/wire/mse';
import { createRc4 } from '../../server/src/seeding/everseed/wire/rc4';
import { torrentOf } from '../unit/seeding/everseed/payload';
import { fuzzWithoutLeak, holds } from './property';

const torrent = torrentOf(300_000, 16 * 1024);
const infoHash = randomBytes(20);

const bytes = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

const number = fc.oneof(
  fc.nat(20),
  fc.constantFrom(16 * 1024, 128 * 1024, 0x7fffffff, 0xffffffff),
  fc.nat(0xffffffff),
);

const blockMessage = fc
  .tuple(fc.constantFrom(6, 8, 16), number, number, number)
  .map(([id, ...numbers]) => {
    const body = Buffer.alloc(12);
    numbers.forEach((value, n) => body.writeUInt32BE(value, 4 * n));
    return message(id, body);
  });

const extendedMessage = fc
  .tuple(
    fc.nat(3),
    fc.oneof(
      fc.constantFrom('d1:md11:ut_metadatai3eee', 'd1:md11:ut_metadatai-1eee', 'de', 'le', 'd1:m'),
      fc.integer().map((piece) => `d8:msg_typei0e5:piecei${piece}ee`),
      bytes(60).map((garbage) => garbage.toString('latin1')),
    ),
  )
  .map(([id, text]) => message(20, Buffer.from([id]), Buffer.from(text, 'latin1')));

const anyMessage = fc.oneof(
  { weight: 4, arbitrary: blockMessage },
  { weight: 2, arbitrary: extendedMessage },
  fc.tuple(fc.nat(255), bytes(80)).map(([id, body]) => message(id, body)),
  fc.constant(Buffer.alloc(4)),
  bytes(12),
);

/** The same bytes, cut elsewhere. */
function* cut(whole: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let at = 0;
  for (let i = 0; at < whole.length; i += 1) {
    const size = Math.max(1, sizes[i % Math.max(1, sizes.length)] ?? whole.length);
    yield Buffer.from(whole.subarray(at, at + size));
    at += size;
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 6 });

const conversation = fc.record({
  messages: fc.array(anyMessage, { maxLength: 80 }),
  cuts: sizes,
  fast: fc.boolean(),
  actions: fc.array(fc.nat(3), { maxLength: 20 }),
});

test('a session survives every message, keeps a bounded queue and reads inside the payload only', () => {
  fuzzWithoutLeak(conversation, ({ messages, cuts, fast, actions }) => {
    let sent = 0;
    const session = createSession({
      torrent,
      peer: { fast, extensions: true },
      address: '192.0.2.7',
      send: (out) => (sent += out.length),
      onInterest: () => session.unchoke(),
      onSeenAs: () => undefined,
    });
    session.start();
    const whole = Buffer.concat(messages);
    let step = 0;
    for (const chunk of cut(whole, cuts)) {
      if (session.receive(chunk) !== null) break;
      const action = actions[step++ % Math.max(1, actions.length)] ?? 0;
      if (action === 1) session.choke();
      if (action === 2) session.unchoke();
      const run = action === 3 ? session.nextRun(64 * 1024) : null;
      if (run !== null) {
        holds(run.length > 0 && run.position + run.length <= torrent.size, 'outside the payload');
        holds(run.blocks.reduce((sum, length) => sum + length, 0) === run.length, 'gaps');
      }
      holds(session.waiting <= MAX_QUEUE, 'the queue is too long');
    }
    let answers = 0;
    while (session.nextMetadata() !== null) answers += 1;
    holds(answers <= 256, `${answers} answers with metadata`);
    // Nothing that is said at once is much longer than what was heard: no amplifier.
    const most = 1000 + torrent.info.length + 2 * whole.length + 40 * actions.length * 100;
    holds(sent <= most, `${sent} bytes for ${whole.length}`);
  });
});

test('bdecode gives a value or null for whatever bytes', () => {
  const tokens = fc.constantFrom('d', 'l', 'i', 'e', '1:a', '0:', '3:ab', '-', '7', ':');
  const nearly = fc.array(tokens, { maxLength: 60 }).map((parts) => Buffer.from(parts.join('')));
  fuzzWithoutLeak(fc.oneof(bytes(200), nearly), (input) => {
    const decoded = bdecode(input);
    holds(decoded === null || decoded.end <= input.length, 'ends behind the end');
  });
  expect(bdecode(Buffer.from('l'.repeat(100_000)))).toBeNull();
});

test('a handshake of 68 bytes is read as it was written, or not at all', () => {
  const changed = fc.array(fc.tuple(fc.nat(67), fc.nat(255)), { maxLength: 4 }).map((changes) => {
    const written = writeHandshake(infoHash, Buffer.alloc(20, 'p'));
    for (const [at, byte] of changes) written[at] = byte;
    return written;
  });
  const exactly = fc.uint8Array({ minLength: 68, maxLength: 68 }).map((raw) => Buffer.from(raw));
  fuzzWithoutLeak(fc.oneof(changed, exactly, bytes(68)), (input) => {
    const isPlain = isPlainHandshake(input);
    if (isPlain === null) holds(input.length < 20, 'undecided for ever');
    if (input.length !== HANDSHAKE_BYTES) return;
    const peer = readHandshake(input);
    holds((peer !== null) === (isPlain === true), 'read what is none, or not read what is one');
    if (peer === null) return;
    holds(peer.infoHash.equals(input.subarray(28, 48)), 'another info-hash');
    holds(peer.peerId.equals(input.subarray(48)), 'another peer id');
  });
});

test('messages are cut apart in one way, however the bytes come, up to the longest that is let in', () => {
  const LONGEST = 100;
  const length = fc.oneof(fc.nat(LONGEST + 2), fc.nat(0xffffffff));
  const framed = fc.tuple(length, bytes(LONGEST)).map(([claimed, body]) => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(claimed);
    return Buffer.concat([head, body]);
  });
  const stream = fc
    .array(fc.oneof(anyMessage, framed), { maxLength: 20 })
    .map((parts) => Buffer.concat(parts));
  const heardOf = (chunks: Iterable<Buffer>): string => {
    const heard: string[] = [];
    const reader = createMessageReader(LONGEST, (id, body) => {
      holds(body.length < LONGEST, 'too long');
      heard.push(`${id} ${body.toString('hex')}`);
    });
    for (const chunk of chunks) {
      if (reader.push(chunk)) continue;
      heard.push('refused');
      break;
    }
    return heard.join();
  };
  fuzzWithoutLeak(fc.tuple(stream, sizes), ([whole, cuts]) => {
    holds(heardOf(cut(whole, cuts)) === heardOf([Buffer.from(whole)]), 'cut otherwise');
  });
});

describe('a greeting', () => {
  const peerId = randomBytes(20);
  const secret = Buffer.alloc(96, 's');
  /** The secret is a constant: so both sides can be spoken to behind it, a million times. */
  const keys: KeyExchange = () => ({ publicKey: Buffer.alloc(96, 'k'), secretWith: () => secret });
  const noise = randomBytes(4096);
  const deps = { keys, random: (length: number) => Buffer.from(noise.subarray(0, length)) };
  const digest = skeyDigest(infoHash);
  const infoHashOf = (asked: string) => (asked === digest ? infoHash : undefined);
  const sha1 = (...parts: (string | Buffer)[]): Buffer =>
    parts.reduce((hash, part) => hash.update(part), createHash('sha1')).digest();
  const third = sha1('req3', secret);
  const mark = Buffer.from(sha1('req2', infoHash).map((byte, n) => byte ^ (third[n] ?? 0)));
  const theirKey = Buffer.alloc(96, 1);
  const handshake = writeHandshake(infoHash, peerId);

  function push(side: number, input: Buffer, cuts: readonly number[]): string {
    const greeting =
      side === 0
        ? acceptGreeting({ ...deps, infoHashOf })
        : dialGreeting({ ...deps, infoHash, peerId, encrypted: side === 2 });
    for (const chunk of cut(input, cuts)) {
      const { kind } = greeting.push(chunk);
      if (kind !== 'waiting') return kind;
    }
    return 'waiting';
  }

  const start = fc.constantFrom(
    Buffer.alloc(0),
    handshake,
    writeHandshake(randomBytes(20), peerId).subarray(0, 60),
    theirKey,
  );

  it('survives whatever comes, on both sides, in whatever pieces', () => {
    fuzzWithoutLeak(fc.tuple(start, bytes(1500), sizes, fc.nat(2)), ([first, rest, cuts, side]) => {
      push(side, Buffer.concat([first, rest]), cuts);
    });
  });

  const amount = (right: number) =>
    fc.oneof({ weight: 6, arbitrary: fc.constant(right) }, fc.nat(600), fc.nat(0xffff));
  const sealed = fc.record({
    padding: bytes(20),
    zeros: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat(0xff)),
    select: fc.oneof(fc.constantFrom(0, 1, 2, 3), fc.nat(0xffffffff)),
    padLength: amount(5),
    initialLength: amount(68),
    rest: bytes(100),
    cuts: sizes,
    side: fc.constantFrom(0, 2),
  });

  it('survives whatever is said behind the encryption, and comes to its end with some', () => {
    const seen = new Set<string>();
    fuzzWithoutLeak(
      sealed,
      ({ padding, zeros, select, padLength, initialLength, rest, cuts, side }) => {
        const head = Buffer.alloc(14, 0);
        head[7] = zeros;
        head.writeUInt32BE(select, 8);
        head.writeUInt16BE(padLength, 12);
        const pad = Buffer.alloc(Math.min(padLength, 600));
        const length = Buffer.alloc(2);
        length.writeUInt16BE(initialLength);
        const inner =
          side === 0 ? [head, pad, length, handshake, rest] : [head, pad, handshake, rest];
        const body = Buffer.concat(inner);
        createRc4(sha1(side === 0 ? 'keyA' : 'keyB', secret, infoHash))(body);
        const before =
          side === 0 ? [theirKey, padding, sha1('req1', secret), mark] : [theirKey, padding];
        seen.add(push(side, Buffer.concat([...before, body]), cuts));
      },
    );
    expect([...seen].sort()).toEqual(['greeted', 'refused', 'waiting']);
  });

  it('agrees on a secret with whatever number is called a public key, or on none', () => {
    const exchange = createKeyExchange(randomBytes)();
    const special = fc.constantFrom(Buffer.alloc(96), Buffer.alloc(96, 0xff), Buffer.alloc(96, 1));
    const number = fc.uint8Array({ minLength: 96, maxLength: 96 }).map((raw) => Buffer.from(raw));
    fuzzWithoutLeak(fc.oneof({ weight: 50, arbitrary: number }, special), (key) => {
      const agreed = exchange.secretWith(key);
      holds(agreed === null || agreed.length === 96, 'a secret of another length');
    });
  });
});
