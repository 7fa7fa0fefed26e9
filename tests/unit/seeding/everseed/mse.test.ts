import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { createKeyExchange } from '../../../../server/src/seeding/everseed/wire/key-exchange';
import {
  acceptMse,
  initiateMse,
  skeyDigest,
  type MseDone,
  type MseHandshake,
} from '../../../../server/src/seeding/everseed/wire/mse';
import { createRc4 } from '../../../../server/src/seeding/everseed/wire/rc4';

const keys = createKeyExchange(randomBytes);
const infoHash = randomBytes(20);
const initialPayload = Buffer.from('\x13BitTorrent protocol and so on', 'latin1');
const infoHashOf = (digest: string): Buffer | undefined =>
  digest === skeyDigest(infoHash) ? infoHash : undefined;
const deps = { keys, random: randomBytes };
const accept = (): MseHandshake => acceptMse({ ...deps, infoHashOf });

/** Carries bytes between both halves, in chunks of this size, until they are done. */
function talk(
  acceptor: MseHandshake,
  initiator: MseHandshake & { start: Buffer },
  chunk = Infinity,
): { accepted: MseDone; initiated: MseDone } {
  let accepted: MseDone | null = null;
  let initiated: MseDone | null = null;
  let toAcceptor: Buffer = initiator.start;
  let toInitiator: Buffer = Buffer.alloc(0);
  for (let turn = 0; turn < 100_000 && (accepted === null || initiated === null); turn += 1) {
    if (toAcceptor.length > 0 && accepted === null) {
      const progress = acceptor.push(toAcceptor.subarray(0, chunk));
      toAcceptor = toAcceptor.subarray(chunk);
      if (progress.kind === 'refused') throw new Error('refused by the acceptor');
      if (progress.send !== null) toInitiator = Buffer.concat([toInitiator, progress.send]);
      if (progress.kind === 'done') accepted = progress;
    }
    if (toInitiator.length > 0 && initiated === null) {
      const progress = initiator.push(toInitiator.subarray(0, chunk));
      toInitiator = toInitiator.subarray(chunk);
      if (progress.kind === 'refused') throw new Error('refused by the initiator');
      if (progress.send !== null) toAcceptor = Buffer.concat([toAcceptor, progress.send]);
      if (progress.kind === 'done') initiated = progress;
    }
  }
  if (accepted === null || initiated === null) throw new Error('never done');
  return { accepted, initiated };
}

test('RC4 gives the published key stream, without its first 1024 bytes', () => {
  // RFC 6229, key 0x0102030405, offset 1024.
  const stream = Buffer.alloc(16);
  createRc4(Buffer.from('0102030405', 'hex'))(stream);
  expect(stream.toString('hex')).toBe('30abbcc7c20b01609f23ee2d5f6bb7df');
});

test.each([1, 7, 100, Infinity])('both halves agree, in chunks of %p bytes', (chunk) => {
  const { accepted, initiated } = talk(
    accept(),
    initiateMse({ ...deps, infoHash, initialPayload }),
    chunk,
  );
  expect(accepted.infoHash).toEqual(infoHash);
  expect(accepted.received).toEqual(initialPayload);
  expect(initiated.received).toEqual(Buffer.alloc(0));
  // Both are offered: plaintext is chosen, for it costs nothing.
  expect([accepted.encrypt, accepted.decrypt, initiated.encrypt, initiated.decrypt]).toEqual([
    null,
    null,
    null,
    null,
  ]);
});

test('RC4 is spoken both ways when nothing else is offered', () => {
  const { accepted } = talk(accept(), onlyRc4(initialPayload));
  expect(accepted.received).toEqual(initialPayload);
  const text = Buffer.from('a message from the peer');
  cipherOfInitiator.encrypt(text);
  accepted.decrypt?.(text);
  expect(text.toString()).toBe('a message from the peer');
  const answer = Buffer.from('an answer');
  accepted.encrypt?.(answer);
  cipherOfInitiator.decrypt(answer);
  expect(answer.toString()).toBe('an answer');
});

const cipherOfInitiator = { encrypt: createRc4([1] as never), decrypt: createRc4([1] as never) };

/** A client set to require encryption, written down a second time from the specification. */
function onlyRc4(payload: Buffer): MseHandshake & { start: Buffer } {
  const hash = (...parts: (string | Buffer)[]): Buffer =>
    parts.reduce((sum, part) => sum.update(part), createHash('sha1')).digest();
  const pair = keys();
  let input = Buffer.alloc(0);
  let hasAsked = false;
  return {
    start: pair.publicKey,
    push(chunk) {
      input = Buffer.concat([input, chunk]);
      if (input.length < 96) return { kind: 'waiting', send: null };
      const secret = pair.secretWith(input.subarray(0, 96))!;
      if (!hasAsked) {
        hasAsked = true;
        cipherOfInitiator.encrypt = createRc4(hash('keyA', secret, infoHash));
        cipherOfInitiator.decrypt = createRc4(hash('keyB', secret, infoHash));
        const torrent = hash('req2', infoHash).map((b, i) => b ^ hash('req3', secret)[i]!);
        const sealed = Buffer.concat([Buffer.alloc(16 + 5), payload]);
        sealed.writeUInt32BE(2, 8);
        sealed.writeUInt16BE(5, 12); // five bytes of padC
        sealed.writeUInt16BE(payload.length, 19);
        cipherOfInitiator.encrypt(sealed);
        const send = Buffer.concat([hash('req1', secret), torrent, sealed]);
        return { kind: 'waiting', send };
      }
      const sealedVc = Buffer.alloc(8);
      const probe = createRc4(hash('keyB', secret, infoHash));
      probe(sealedVc);
      const at = input.indexOf(sealedVc);
      if (at < 0 || input.length < at + 14) return { kind: 'waiting', send: null };
      const head = Buffer.from(input.subarray(at, at + 14));
      cipherOfInitiator.decrypt(head);
      if (head.readUInt32BE(8) !== 2) return { kind: 'refused' };
      const done = { infoHash, encrypt: null, decrypt: null, received: Buffer.alloc(0) };
      return { kind: 'done', send: null, ...done };
    },
  };
}

test('a stranger who wants another torrent is refused', () => {
  const initiator = initiateMse({ ...deps, infoHash: randomBytes(20), initialPayload });
  expect(() => talk(accept(), initiator)).toThrow('refused by the acceptor');
});

test.each([Buffer.alloc(96), Buffer.concat([Buffer.alloc(95), Buffer.from([1])])])(
  'a public key that gives no secret is refused',
  (publicKey) => {
    expect(accept().push(publicKey)).toEqual({ kind: 'refused' });
  },
);

test('what never comes to the point is refused after the longest padding', () => {
  const acceptor = accept();
  expect(acceptor.push(randomBytes(96)).kind).toBe('waiting');
  expect(acceptor.push(randomBytes(531)).kind).toBe('waiting');
  expect(acceptor.push(randomBytes(1))).toEqual({ kind: 'refused' });
});

test('no bytes make a half throw', () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 6 });
  fc.assert(
    fc.property(chunks, (all) => {
      const half = accept();
      for (const chunk of all) if (half.push(Buffer.from(chunk)).kind !== 'waiting') break;
    }),
    { numRuns: 200 },
  );
});
