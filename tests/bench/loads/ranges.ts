/**
 * Reads a file over HTTP from raw sockets, on connections that are kept: whole, or range by range
 * as clients do that ask for each piece. Every byte is compared with what the file holds.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { pathOf, type Payload } from '../payload';
import type { Load, LoadOptions, LoadSession } from './load';

export interface RangePlan {
  name: string;
  payload: Payload;
  /** Each its next request on its last answer. */
  connections: number;
  /** Bytes of one request; its position is chosen by `positionOf`. */
  length: number;
  positionOf: (n: number) => number;
  /** What counts as one answer: a request, or each MiB of it, for a file that takes long to read. */
  counts: 'requests' | 'mebibytes';
}

const MIB = 1024 * 1024;
/** As much as a good client reads at once. */
const READ_BUFFER = 512 * 1024;

export const rangesLoad = (plan: RangePlan): Load => ({
  name: plan.name,
  open: (options) => openSession(plan, options),
});

interface Session extends LoadSession {
  answers: number;
  problem: string | null;
  isOver: boolean;
  finish: () => void;
}

async function openSession(plan: RangePlan, { port }: LoadOptions): Promise<LoadSession> {
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const readers: Reader[] = [];
  const session: Session = {
    answers: 0,
    problem: null,
    isOver: false,
    finished,
    finish,
    start: () => readers.forEach((reader) => reader.ask()),
    close() {
      session.isOver = true;
      for (const { socket } of readers) socket.destroy();
      return new Promise((resolve) => setImmediate(resolve));
    },
  };
  for (let index = 0; index < plan.connections; index += 1) {
    readers.push(await openReader(plan, port, index, session));
  }
  return session;
}

interface Reader {
  socket: Socket;
  ask(): void;
}

async function openReader(
  plan: RangePlan,
  port: number,
  index: number,
  session: Session,
): Promise<Reader> {
  const { payload, length } = plan;
  const before = `GET ${pathOf(payload)} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nRange: bytes=`;
  let n = index;
  let start = 0;
  /** Of the answer: not yet come; of the head, what has come while it is not whole. */
  let left = 0;
  let head = '';
  let uncounted = 0;

  function ask(): void {
    start = plan.positionOf(n);
    n += plan.connections;
    left = length;
    head = '';
    socket.write(`${before}${start}-${start + length - 1}\r\n\r\n`, 'latin1');
  }

  function fail(problem: string): void {
    if (session.isOver) return; // sockets break when they are closed
    session.isOver = true;
    session.problem = problem;
    session.finish();
  }

  /** Bytes of the chunk that belong to the head; the rest is body. */
  function takeHead(chunk: Buffer, bytes: number): number {
    const known = head.length;
    head += chunk.toString('latin1', 0, Math.min(bytes, 4096));
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return bytes;
    const range = `content-range: bytes ${start}-${start + length - 1}/${payload.size}\r\n`;
    const isRight = head.startsWith('HTTP/1.1 206 ') && head.toLowerCase().includes(range);
    if (!isRight) fail(`not the range ${start}: ${head.slice(0, end)}`);
    head = 'read';
    return end + 4 - known;
  }

  function read(bytes: number, chunk: Buffer): boolean {
    if (session.isOver) return true;
    const from = head === 'read' ? 0 : takeHead(chunk, bytes);
    const body = bytes - from;
    if (body === 0) return true;
    const position = start + length - left;
    if (!payload.isRight(chunk.subarray(from, bytes), body, position)) {
      fail(`other bytes at ${position}`);
      return true;
    }
    left -= body;
    uncounted += body;
    if (plan.counts === 'mebibytes') {
      session.answers += Math.floor(uncounted / MIB);
      uncounted %= MIB;
    } else if (left === 0) session.answers += 1;
    if (left < 0) fail('more bytes than asked for');
    else if (left === 0) ask();
    return true;
  }

  const socket = connect({
    port,
    host: '127.0.0.1',
    onread: {
      buffer: Buffer.alloc(READ_BUFFER),
      callback: (bytes, buffer) =>
        read(bytes, Buffer.from(buffer.buffer, buffer.byteOffset, bytes)),
    },
  });
  await once(socket, 'connect');
  socket.setNoDelay();
  socket.on('error', () => undefined); // `close` follows
  socket.on('close', () => fail('the server closed a keep-alive connection'));
  return { socket, ask };
}
