/**
 * The files that web seeds are measured with, and what is in them: blocks that differ by their number
 * alone, so that every byte of an answer can be compared without a second copy of the file.
 */
import { existsSync, statSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const MIB = 1024 * 1024;

export interface Payload {
  /** Its name below `uploads`. */
  name: string;
  /** 40 hex digits: no bytes were hashed for it, a web seed does not look at pieces. */
  infoHash: string;
  /** Bytes. */
  size: number;
  /** Whether the first `length` bytes of `chunk` are those of the file at `position`. */
  isRight(chunk: Buffer, length: number, position: number): boolean;
  /** Makes the file, unless it is there. */
  write(file: string): Promise<void>;
}

/** Bytes that no compression or hole in a file could make cheaper. */
const BLOCK = noise(MIB);

/** Read from the beginning to the end, and in pieces. */
export const STREAM: Payload = {
  name: 'bench_stream.bin',
  infoHash: 'a'.repeat(40),
  size: 256 * MIB,
  isRight(chunk, length, position) {
    for (let at = 0; at < length;) {
      const from = (position + at) % MIB;
      const part = Math.min(length - at, MIB - from);
      BLOCK.writeUInt32BE((position + at - from) / MIB, 0);
      if (chunk.compare(BLOCK, from, from + part, at, at + part) !== 0) return false;
      at += part;
    }
    return true;
  },
  write: (file) =>
    writeOnce(file, STREAM.size, async (write) => {
      for (let at = 0; at < STREAM.size; at += MIB) {
        BLOCK.writeUInt32BE(at / MIB, 0);
        await write(BLOCK, at);
      }
    }),
};

/** Larger than 2^32: a hole between its first and its last bytes. */
export const HUGE: Payload = {
  name: 'bench_huge.bin',
  infoHash: 'b'.repeat(40),
  size: 4096 * MIB + 4096,
  isRight(chunk, length, position) {
    const from = position < MIB ? position : position - HUGE.size + 2 * MIB;
    return chunk.compare(ENDS, from, from + length, 0, length) === 0;
  },
  write: (file) =>
    writeOnce(file, HUGE.size, async (write) => {
      await write(ENDS.subarray(0, MIB), 0);
      await write(ENDS.subarray(MIB), HUGE.size - MIB);
    }),
};

const ENDS = noise(2 * MIB);

export const PAYLOADS = [STREAM, HUGE] as const;

/** @returns the folder that holds `uploads` */
export async function writePayloads(folder: string): Promise<string> {
  for (const payload of PAYLOADS) await payload.write(join(folder, 'uploads', payload.name));
  return folder;
}

/** Where every server under test answers for it. */
export const pathOf = ({ name, infoHash }: Payload): string =>
  `/webseed/public/${infoHash}/${name}`;

type Write = (bytes: Buffer, position: number) => Promise<void>;

async function writeOnce(
  file: string,
  size: number,
  fill: (write: Write) => Promise<void>,
): Promise<void> {
  if (existsSync(file) && statSync(file).size === size) return;
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(`${file}.part`, 'w');
  await fill(async (bytes, position) => {
    await handle.write(bytes, 0, bytes.length, position);
  });
  await handle.close();
  await rename(`${file}.part`, file);
}

/** The same in every process: xorshift32. */
function noise(bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  let state = 0x9e3779b9;
  for (let at = 0; at < bytes; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    buffer.writeInt32LE(state | 0, at);
  }
  return buffer;
}
