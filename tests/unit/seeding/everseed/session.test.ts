import { createSession, MAX_QUEUE } from '../../../../server/src/seeding/everseed/session';
import { allowedFast } from '../../../../server/src/seeding/everseed/wire/allowed-fast';
import { bdecode } from '../../../../server/src/seeding/everseed/wire/bdecode';
import {
  message,
  MESSAGE,
  plainMessage,
} from '../../../../server/src/seeding/everseed/wire/messages';
import { torrentOf } from './payload';

const BLOCK = 16 * 1024;
const PIECE = 4 * BLOCK;
const MIB = 1024 * 1024;
const torrent = torrentOf(2 * PIECE + 100, PIECE);

interface Options {
  fast?: boolean;
  extensions?: boolean;
  torrent?: typeof torrent;
}

function meet({ fast = true, extensions = true, torrent: of = torrent }: Options = {}) {
  const sent: Buffer[] = [];
  const interest: boolean[] = [];
  const seenAs: string[] = [];
  const session = createSession({
    torrent: of,
    peer: { fast, extensions },
    address: '192.0.2.7',
    send: (bytes) => sent.push(Buffer.from(bytes)),
    onInterest: (interested) => interest.push(interested),
    onSeenAs: (address) => seenAs.push(address.toString('hex')),
  });
  return { seenAs, session, sent, interest, take: () => sent.splice(0) };
}

function block(id: number, piece: number, begin: number, length: number): Buffer {
  const body = Buffer.alloc(12);
  body.writeUInt32BE(piece, 0);
  body.writeUInt32BE(begin, 4);
  body.writeUInt32BE(length, 8);
  return message(id, body);
}

const request = (piece: number, begin: number, length = BLOCK): Buffer =>
  block(MESSAGE.request, piece, begin, length);

const extended = (id: number, text: string): Buffer =>
  message(MESSAGE.extended, Buffer.from([id]), Buffer.from(text, 'latin1'));

test('says what it has in the form that the peer knows', () => {
  const fast = meet();
  fast.session.start();
  expect(fast.sent[1]).toEqual(plainMessage(MESSAGE.haveAll));
  const old = meet({ fast: false, extensions: false });
  old.session.start();
  expect(old.sent).toEqual([message(MESSAGE.bitfield, Buffer.from([0b11100000]))]);
});

test('the extended handshake offers the info dictionary and no small queue', () => {
  const { session, sent } = meet();
  session.start();
  const hello = bdecode(sent[0]!.subarray(6))!.value as Map<string, unknown>;
  expect(hello.get('metadata_size')).toBe(torrent.info.length);
  expect(hello.get('m')).toEqual(new Map([['ut_metadata', 1]]));
  expect(hello.has('reqq')).toBe(false);
});

test.each([
  ['6:yourip4:\xcb\x00\x71\x07', ['cb007107']],
  [`6:yourip16:\x20\x01${'\0'.repeat(14)}`, [`2001${'00'.repeat(14)}`]],
  ['6:yourip3:abc', []],
  ['6:youripi7e', []],
])('hears its own address from a peer who tells it: %j', (entry, addresses) => {
  const { session, seenAs } = meet();
  expect(session.receive(extended(0, `d${entry}e`))).toBeNull();
  expect(seenAs).toEqual(addresses);
});

test('tells of interest once, and serves nothing to a choked peer', () => {
  const { session, interest, take } = meet({ torrent: torrentOf(4 * MIB, 4 * MIB + 1) });
  session.receive(
    Buffer.concat([plainMessage(MESSAGE.interested), plainMessage(MESSAGE.interested)]),
  );
  expect(interest).toEqual([true]);
  session.receive(request(0, 0));
  expect(session.nextRun(1)).toBeNull();
  expect(take()).toEqual([block(MESSAGE.rejectRequest, 0, 0, BLOCK)]);
});

describe('allowed fast (BEP 6)', () => {
  const many = torrentOf(2000 * BLOCK, BLOCK);
  const freeOf = (sent: readonly Buffer[]): number[] =>
    sent.filter((out) => out[4] === MESSAGE.allowedFast).map((out) => out.readUInt32BE(5));

  test('ten pieces may be asked for while choked, each about once', () => {
    const { session, take } = meet({ torrent: many });
    session.start();
    const free = freeOf(take());
    expect(free).toEqual(
      allowedFast({ infoHash: Buffer.alloc(20), address: '192.0.2.7', pieceCount: 2000 }),
    );
    for (const piece of free) session.receive(request(piece, 0));
    expect(take()).toEqual([]);
    expect(session.waiting).toBe(10);
    while (session.nextRun(BLOCK) !== null);
    session.receive(request(free[0]!, 0));
    expect(take()).toEqual([block(MESSAGE.rejectRequest, free[0]!, 0, BLOCK)]);
    const other = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].find((piece) => !free.includes(piece))!;
    session.receive(request(other, 0));
    expect(take()).toEqual([block(MESSAGE.rejectRequest, other, 0, BLOCK)]);
  });

  test('large pieces are fewer, and huge ones none', () => {
    const count = (pieceLength: number): number => {
      const { session, sent } = meet({ torrent: torrentOf(20 * MIB, pieceLength) });
      session.start();
      return freeOf(sent).length;
    };
    expect([count(MIB), count(2 * MIB), count(8 * MIB)]).toEqual([4, 2, 0]);
  });

  test('who does not know the extension is told of no piece, and gets none', () => {
    const { session, take } = meet({ fast: false, torrent: many });
    session.start();
    expect(freeOf(take())).toEqual([]);
    for (let piece = 0; piece < 2000; piece += 1) session.receive(request(piece, 0));
    expect(session.waiting).toBe(0);
  });
});

test('joins blocks that lie side by side, up to the size asked for', () => {
  const { session } = meet();
  session.unchoke();
  session.receive(
    Buffer.concat([request(0, 0), request(0, BLOCK), request(0, 2 * BLOCK), request(1, BLOCK)]),
  );
  expect(session.nextRun(2 * BLOCK)).toEqual({
    position: 0,
    length: 2 * BLOCK,
    blocks: [BLOCK, BLOCK],
  });
  expect(session.nextRun(PIECE)).toEqual({ position: 2 * BLOCK, length: BLOCK, blocks: [BLOCK] });
  expect(session.nextRun(PIECE)).toEqual({
    position: PIECE + BLOCK,
    length: BLOCK,
    blocks: [BLOCK],
  });
  expect(session.nextRun(PIECE)).toBeNull();
});

test('a cancelled block is not sent, and is answered with a reject (BEP 6)', () => {
  const { session, take } = meet();
  session.unchoke();
  session.receive(Buffer.concat([request(0, 0), request(0, BLOCK)]));
  take();
  session.receive(block(MESSAGE.cancel, 0, 0, BLOCK));
  expect(take()).toEqual([block(MESSAGE.rejectRequest, 0, 0, BLOCK)]);
  expect(session.nextRun(PIECE)?.position).toBe(BLOCK);
});

test('choking rejects what waits', () => {
  const { session, take } = meet();
  session.unchoke();
  session.receive(request(1, 0));
  take();
  session.choke();
  expect(take()).toEqual([plainMessage(MESSAGE.choke), block(MESSAGE.rejectRequest, 1, 0, BLOCK)]);
  expect(session.waiting).toBe(0);
});

test.each([
  ['beyond the last piece', request(3, 0)],
  ['beyond the end of the last piece', request(2, 0, 101)],
  ['across two pieces', request(0, PIECE - 1, 2)],
  ['nothing', request(0, 0, 0)],
  ['more than 128 KiB', request(0, 0, 128 * 1024 + 1)],
  ['at an offset that overflows', request(0, 0xffffffff, BLOCK)],
])('a request for %s is rejected; who goes on with it is closed', (_what, wrong) => {
  const { session, take } = meet();
  session.unchoke();
  take();
  expect(session.receive(wrong)).toBeNull();
  expect(take()).toHaveLength(1);
  expect(session.nextRun(PIECE)).toBeNull();
  let reason = null;
  for (let i = 0; i < 100 && reason === null; i += 1) reason = session.receive(wrong);
  expect(reason).toBe('misbehaving');
});

test('the queue is bounded, and what does not fit is rejected', () => {
  const large = torrentOf(1024 * 1024, 1024 * 1024);
  const { session, take } = meet({ torrent: large });
  session.unchoke();
  take();
  for (let i = 0; i < MAX_QUEUE + 5; i += 1) session.receive(request(0, i, 1));
  expect(session.waiting).toBe(MAX_QUEUE);
  expect(take()).toHaveLength(5);
});

test('a message that claims 2 GiB ends the connection before it is read', () => {
  const { session } = meet();
  expect(session.receive(Buffer.from([0x7f, 0xff, 0xff, 0xff, 7]))).toBe('too-long');
});

test.each([
  ['have all', plainMessage(MESSAGE.haveAll)],
  ['a full bitfield', message(MESSAGE.bitfield, Buffer.from([0b11100000]))],
])('another seeder is closed: %s', (_what, bytes) => {
  expect(meet().session.receive(bytes)).toBe('seeder');
  expect(meet().session.receive(message(MESSAGE.bitfield, Buffer.from([0b11000000])))).toBeNull();
});

describe('the info dictionary (BEP 9)', () => {
  const hello = extended(0, 'd1:md11:ut_metadatai7eee');
  const ask = (piece: number) => extended(1, `d8:msg_typei0e5:piecei${piece}ee`);

  test('comes in pieces of 16 KiB under the number that the peer has chosen', () => {
    const large = torrentOf(2000, 1); // 2000 digests: 40,000 bytes
    const { session } = meet({ torrent: large });
    session.receive(Buffer.concat([hello, ask(0), ask(1), ask(2), ask(3)]));
    const parts: Buffer[] = [];
    for (let piece = 0; piece < 3; piece += 1) {
      const answer = session.nextMetadata()!;
      expect(answer[5]).toBe(7);
      const { value, end } = bdecode(answer.subarray(6))!;
      expect(value).toEqual(
        new Map([
          ['msg_type', 1],
          ['piece', piece],
          ['total_size', large.info.length],
        ]),
      );
      parts.push(answer.subarray(6 + end));
    }
    expect(Buffer.concat(parts)).toEqual(large.info);
    const refused = bdecode(session.nextMetadata()!.subarray(6))!.value as Map<string, unknown>;
    expect(refused.get('msg_type')).toBe(2);
  });

  test('of a private torrent is neither offered nor given (BEP 27)', () => {
    const { session, sent } = meet({ torrent: torrentOf(100, PIECE, true) });
    session.start();
    expect(sent[0]!.includes('ut_metadata')).toBe(false);
    session.receive(Buffer.concat([hello, ask(0)]));
    const answer = bdecode(session.nextMetadata()!.subarray(6))!.value as Map<string, unknown>;
    expect(answer.get('msg_type')).toBe(2);
  });

  test('asked for without end, it ends the connection', () => {
    const { session } = meet();
    session.receive(hello);
    let reason = null;
    for (let i = 0; i < 1000 && reason === null; i += 1) reason = session.receive(ask(0));
    expect(reason).toBe('misbehaving');
  });
});
