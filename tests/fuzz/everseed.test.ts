/** Whatever strangers send to the everseed: nothing throws, and what is kept is bounded. */

import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { acceptGreeting, dialGreeting } from '../../server/src/seeding/everseed/greeting';
import { createSession, MAX_QUEUE } from '../../server/src/seeding/everseed/session';
import { bdecode } from '../../server/src/seeding/everseed/wire/bdecode';
import { writeHandshake } from '../../server/src/seeding/everseed/wire/handshake';
import { createKeyExchange } from '../../server/src/seeding/everseed/wire/key-exchange';
import { message } from '../../server/src/seeding/everseed/wire/messages';
import { skeyDigest } from '../../server/src/seeding/everseed/wire/mse';
import { torrentOf } from '../unit/seeding/everseed/payload';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 2000);
const torrent = torrentOf(300_000, 16 * 1024);
const infoHash = randomBytes(20);
const mse = { keys: createKeyExchange(randomBytes), random: randomBytes };

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

test('a session survives every message, keeps a bounded queue and reads inside the payload only', () => {
  fc.assert(
    fc.property(
      fc.array(anyMessage, { maxLength: 80 }),
      sizes,
      fc.boolean(),
      fc.array(fc.nat(3), { maxLength: 20 }),
      (messages, cuts, fast, actions) => {
        let sent = 0;
        const session = createSession({
          torrent,
          peer: { fast, extensions: true },
          address: '192.0.2.7',
          send: (out) => (sent += out.length),
          onInterest: () => session.unchoke(),
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
            expect(run.length).toBeGreaterThan(0);
            expect(run.position + run.length).toBeLessThanOrEqual(torrent.size);
            expect(run.blocks.reduce((sum, length) => sum + length, 0)).toBe(run.length);
          }
          expect(session.waiting).toBeLessThanOrEqual(MAX_QUEUE);
        }
        const answers: Buffer[] = [];
        for (let next = session.nextMetadata(); next !== null; next = session.nextMetadata()) {
          answers.push(next);
        }
        expect(answers.length).toBeLessThanOrEqual(256);
        // Nothing that is said at once is much longer than what was heard: no amplifier.
        expect(sent).toBeLessThanOrEqual(
          1000 + torrent.info.length + 2 * whole.length + 40 * actions.length * 100,
        );
      },
    ),
    { numRuns },
  );
});

test('bdecode gives a value or null for whatever bytes', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        bytes(200),
        fc
          .array(fc.constantFrom('d', 'l', 'i', 'e', '1:a', '0:', '3:ab', '-', '7', ':'), {
            maxLength: 60,
          })
          .map((parts) => Buffer.from(parts.join(''))),
      ),
      (input) => {
        const decoded = bdecode(input);
        if (decoded !== null) expect(decoded.end).toBeLessThanOrEqual(input.length);
      },
    ),
    { numRuns },
  );
  expect(bdecode(Buffer.from('l'.repeat(100_000)))).toBeNull();
});

test('a greeting survives whatever comes, on both sides, in whatever pieces', () => {
  const infoHashOf = (digest: string) => (digest === skeyDigest(infoHash) ? infoHash : undefined);
  const peerId = randomBytes(20);
  const start = fc.constantFrom(
    Buffer.alloc(0),
    writeHandshake(infoHash, peerId),
    writeHandshake(randomBytes(20), peerId).subarray(0, 60),
    Buffer.alloc(96, 1),
  );
  fc.assert(
    fc.property(start, bytes(1500), sizes, fc.nat(2), (first, rest, cuts, side) => {
      const greeting =
        side === 0
          ? acceptGreeting({ ...mse, infoHashOf })
          : dialGreeting({ ...mse, infoHash, peerId, encrypted: side === 2 });
      for (const chunk of cut(Buffer.concat([first, rest]), cuts)) {
        if (greeting.push(chunk).kind !== 'waiting') break;
      }
    }),
    { numRuns: Math.min(numRuns, 20_000) },
  );
});
