/** One TCP connection, as far as a protocol that is spoken over it has to know. */

export interface Wire {
  /** Text of the client's address; undefined when it has gone already. */
  readonly remoteAddress: string | undefined;
  readonly isDestroyed: boolean;
  /** Whether the kernel has not taken all that was written: the rest is read from `bytes` later. */
  readonly hasBacklog: boolean;
  /** Bytes of such writes. */
  readonly backlog: number;
  /** @returns false when nothing more should be written before {@link WireReader.drain} */
  write(bytes: Uint8Array): boolean;
  /** Says that nothing comes after `text` (one character per byte); the client may still send. */
  end(text?: string): void;
  /** Closes without waiting; what the kernel has, it delivers. */
  destroy(): void;
  pause(): void;
  resume(): void;
  /** The client stays for more than one request: what pays only then. */
  expectMore(): void;
}

/** Who is told what comes over a wire. Throws nothing: nobody would catch it. */
export interface WireReader {
  /** @param chunk is the wire's again, and written over, when this returns */
  receive(chunk: Buffer): void;
  /** The client will send no more, but may still read. */
  end(): void;
  /** What was written is with the kernel. */
  drain(): void;
  /** Once, last. */
  closed(): void;
}
