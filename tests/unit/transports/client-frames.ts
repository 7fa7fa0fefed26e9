/** Frames of a WebSocket client, right or wrong in any way. */

export interface FrameOptions {
  /** Default: 1, text. */
  opcode?: number;
  /** Default: the last of its message. */
  isFinal?: boolean;
  /** Three bits. */
  reserved?: number;
  /** `null`: not masked. Default: some mask. */
  mask?: readonly number[] | null;
  /** The length as it is written: in 7, 16 or 64 bits. Default: the shortest. */
  lengthBits?: 7 | 16 | 64;
  /** The length that is claimed. Default: the payload's. */
  claimed?: bigint;
}

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

export function clientFrame(payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const { opcode = OPCODES.text, isFinal = true, reserved = 0, mask = [1, 2, 3, 0xfe] } = options;
  const data = Buffer.from(payload);
  const claimed = options.claimed ?? BigInt(data.length);
  const bits = options.lengthBits ?? (claimed < 126n ? 7 : claimed < 65_536n ? 16 : 64);
  const head = Buffer.alloc(2 + (bits === 7 ? 0 : bits / 8));
  head[0] = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] =
    (mask === null ? 0 : 0x80) | (bits === 7 ? Number(claimed) & 0x7f : bits === 16 ? 126 : 127);
  if (bits === 16) head.writeUInt16BE(Number(claimed & 0xffffn), 2);
  if (bits === 64) head.writeBigUInt64BE(claimed, 2);
  if (mask === null) return Buffer.concat([head, data]);
  data.forEach((byte, i) => (data[i] = byte ^ (mask[i & 3] ?? 0)));
  return Buffer.concat([head, Buffer.from(mask), data]);
}

/** Of a close frame. */
export const statusBytes = (status: number, reason: string | Uint8Array = ''): Buffer =>
  Buffer.concat([Buffer.from([status >> 8, status & 0xff]), Buffer.from(reason)]);
