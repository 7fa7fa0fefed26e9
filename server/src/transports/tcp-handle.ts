/**
 * TCP connections as libuv hands them to Node, before there is a `net.Socket` around them: with one
 * connection per announce that object, its two streams and their events cost more than all else
 * (docs/decisions/0013). Node keeps these parts to itself, so they are used only where they are as
 * known here, and `net.Socket` everywhere else.
 */
import type { Server, Socket } from 'node:net';
import { hasMethods, nodeInternals } from './node-internals';

/** Of libuv's `uv_tcp_t`, what is used here. All calls return 0 or a negative error of libuv. */
export interface TcpHandle {
  /** @param bytes what was read, unless it is in the buffer of {@link useUserBuffer} */
  onread: (bytes?: ArrayBuffer) => void;
  readStart(): number;
  readStop(): number;
  /** All reads go into `buffer`, which has to outlive the handle. For ever: nobody else can read then. */
  useUserBuffer(buffer: Buffer): void;
  writeBuffer(request: HandleRequest, bytes: Uint8Array): number;
  writeLatin1String(request: HandleRequest, text: string): number;
  shutdown(request: HandleRequest): number;
  setNoDelay(isOn: boolean): number;
  getpeername(out: { address?: string }): number;
  close(): void;
}

export interface HandleRequest {
  /** What has to stay in memory until it is complete: Node does not hold it. */
  bytes?: Uint8Array | null;
  oncomplete: (status: number) => void;
}

/** What Node’s C++ side says about the last call. */
export interface TcpBinding {
  WriteWrap: new () => HandleRequest;
  ShutdownWrap: new () => HandleRequest;
  streamBaseState: ArrayLike<number>;
  /** Indexes of it: bytes read, or a negative error; where they begin; whether the last write has yet to end. */
  kReadBytesOrError: number;
  kArrayBufferOffset: number;
  kLastWriteWasAsync: number;
}

/** @returns `null` where this Node is not one that is known */
export function tcpBinding(): TcpBinding | null {
  const found: Partial<TcpBinding> | null = nodeInternals('stream_wrap');
  return isWhole(found) ? found : null;
}

function isWhole(found: Partial<TcpBinding> | null): found is TcpBinding {
  return (
    typeof found?.WriteWrap === 'function' &&
    typeof found.ShutdownWrap === 'function' &&
    typeof found.kReadBytesOrError === 'number' &&
    typeof found.kArrayBufferOffset === 'number' &&
    typeof found.kLastWriteWasAsync === 'number' &&
    typeof found.streamBaseState?.[found.kReadBytesOrError] === 'number'
  );
}

const METHODS = [
  'readStart',
  'readStop',
  'useUserBuffer',
  'writeBuffer',
  'writeLatin1String',
  'shutdown',
  'setNoDelay',
  'getpeername',
  'close',
] as const;

type OnConnection = (status: number, handle?: TcpHandle) => void;

/** The connections of one server, before they are sockets. */
export interface Arrivals {
  /** Makes one a socket, which the server emits as if it had just come. Read nothing from it after this. */
  passOn(handle: TcpHandle): void;
  /** From now on the server gets all that come. */
  letGo(): void;
}

/**
 * From now on the connections that come to a server that listens go to `accept`, as they are.
 * @returns `null`, with nothing changed, where they cannot
 */
export function takeArrivals(server: Server, accept: (handle: TcpHandle) => void): Arrivals | null {
  const { _handle: listening } = server as { _handle?: { onconnection?: OnConnection } };
  // In a worker of `node:cluster` it is an object of the cluster's, without these.
  if (listening?.onconnection === undefined || !hasMethods(listening, METHODS)) return null;
  const original = listening.onconnection;
  listening.onconnection = (status, handle) => {
    // EMFILE and the like: those who wait stay in the kernel's queue.
    if (status !== 0 || handle === undefined) original.call(listening, status);
    else accept(handle);
  };
  return {
    passOn: (handle) => original.call(listening, 0, handle),
    letGo: () => void (listening.onconnection = original),
  };
}

/** @returns the handle of a socket that has nothing under way; `null` where it cannot be used alone */
export function handleOf(socket: Socket): TcpHandle | null {
  const { _handle: handle } = socket as { _handle?: object | null };
  // With TLS it is of another class: what comes over the connection itself is not what was said.
  if (handle?.constructor.name !== 'TCP') return null;
  if (socket.readableLength > 0 || socket.writableLength > 0) return null;
  return hasMethods(handle, METHODS) ? (handle as TcpHandle) : null;
}
