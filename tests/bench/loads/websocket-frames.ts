/** A WebSocket client of text frames on a raw socket (RFC 6455), just enough for the load. */
import { once } from 'node:events';
import { connect } from 'node:net';

export interface FrameSocket {
  send(text: string): void;
  close(): void;
  onText: (text: string) => void;
  onClose: () => void;
}

export interface FrameSocketOptions {
  port: number;
  path: string;
  /** To connect from. */
  address: string;
}

const TEXT = 0x81;
const PING = 0x89;
const MASKED = 0x80;
const MASK_BYTES = 4;

export async function openFrameSocket(options: FrameSocketOptions): Promise<FrameSocket> {
  const { port, path, address } = options;
  const socket = connect({ port, host: '127.0.0.1', localAddress: address });
  await once(socket, 'connect');
  socket.setNoDelay();
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\n` +
      'Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
      'Sec-WebSocket-Version: 13\r\n\r\n',
  );
  const [head] = (await once(socket, 'data')) as [Buffer];
  if (!head.toString('latin1').startsWith('HTTP/1.1 101 ')) {
    throw new Error(`no WebSocket: ${head.toString('latin1').split('\r\n', 1)[0] ?? ''}`);
  }
  const frames: FrameSocket = {
    send: (text) => socket.write(encodeText(text)),
    close: () => socket.destroy(),
    onText: () => undefined,
    onClose: () => undefined,
  };
  let held: Buffer = head.subarray(head.indexOf('\r\n\r\n') + 4);
  socket.on('data', (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    // What is said to all that has come goes out in one piece: else the load would be slower than the server.
    socket.cork();
    for (let frame = readFrame(held); frame !== null; frame = readFrame(held)) {
      held = held.subarray(frame.end);
      if (frame.first === TEXT) frames.onText(frame.payload.toString('utf8'));
      else if (frame.first !== PING) socket.destroy();
    }
    socket.uncork();
  });
  socket.on('error', () => undefined); // `close` follows
  socket.on('close', () => frames.onClose());
  return frames;
}

/** The mask is all zeroes: the rules ask for one, and this one costs us nothing. */
function encodeText(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headBytes = length < 126 ? 2 : 4;
  const frame = Buffer.allocUnsafe(headBytes + MASK_BYTES + length);
  frame.fill(0, headBytes, headBytes + MASK_BYTES);
  frame[0] = TEXT;
  if (headBytes === 2) frame[1] = MASKED | length;
  else {
    if (length > 0xffff) throw new RangeError('a message of more than 64 KiB');
    frame[1] = MASKED | 126;
    frame.writeUInt16BE(length, 2);
  }
  frame.write(text, headBytes + MASK_BYTES, 'utf8');
  return frame;
}

/** The first frame, or `null` while it is not complete. Servers do not mask. */
function readFrame(bytes: Buffer): { first: number; payload: Buffer; end: number } | null {
  if (bytes.length < 4) return null;
  const short = bytes[1] ?? 0;
  const from = short === 126 ? 4 : 2;
  const length = short === 126 ? bytes.readUInt16BE(2) : short;
  if (bytes.length < from + length) return null;
  return { first: bytes[0] ?? 0, payload: bytes.subarray(from, from + length), end: from + length };
}
