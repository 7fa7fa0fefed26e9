/** One peer on a socket: greeting, permission, then blocks as fast as it takes them. */

import type { Socket } from 'node:net';
import { OFFENCE } from './bans';
import type { Greeted, Greeting } from './greeting';
import type { OpenTorrent } from './payload-reader';
import { readBlocks } from './read-blocks';
import type { SeedTorrent } from './seed-torrent';
import { createSession, type Session } from './session';
import type { SlotHolder } from './slots';
import type { Spans } from './spans';
import type { UploadRate } from './upload-rate';
import { writeHandshake, type Handshake } from './wire/handshake';
import { KEEP_ALIVE } from './wire/messages';
import type { Run } from './wire/piece-frame';
import type { Rc4 } from './wire/rc4';

export interface ConnectionDeps {
  /** Our own, 20 bytes. */
  peerId: Buffer;
  /** Called once per connection. */
  createRate: () => UploadRate;
  clock: () => number;
  spans: Spans;
  /** Bytes that may wait in this connection's socket: less for each when there are many. */
  bufferSize: () => number;
  /** Who it is has been said; `null` when it may not have the torrent. */
  authorise: (peer: Handshake, connection: Connection) => Promise<OpenTorrent | null>;
  onInterest: (connection: Connection, interested: boolean) => void;
  /** The peer has told our own address as it sees it. */
  onSeenAs: (connection: Connection, address: Buffer) => void;
  onSent: (torrent: SeedTorrent, bytes: number) => void;
  /** Reading the payload has failed. */
  onReadError: (torrent: SeedTorrent, error: unknown) => void;
  /** It has done what no client does. @param weight of `OFFENCE` */
  onOffence: (address: string, weight: number) => void;
  /** Called once. */
  onClosed: (connection: Connection) => void;
}

export interface ConnectionOptions {
  socket: Socket;
  greeting: Greeting;
  /** We have called it, and have sent our handshake already. */
  dialled: boolean;
}

/** Bytes sent before it is looked whether the socket takes more. */
export const LONGEST_RUN = 512 * 1024;

const GREETING_MS = 10_000;
/** Clients send a keep-alive every two minutes at least. */
const SILENCE_MS = 150_000;
const KEEP_ALIVE_MS = 100_000;
/** A peer that asks for blocks and does not read them. */
const STALL_MS = 120_000;
/** Control messages that may wait beside the blocks before nothing more is read. */
const CONTROL_BYTES = 128 * 1024;

export class Connection implements SlotHolder {
  readonly address: string;
  readonly dialled: boolean;
  /** Known when it has said so. */
  infoHash: string | null = null;
  /** It was let in. */
  session: Session | null = null;
  closed = false;
  /** It has told what it sees of us: once is enough. */
  toldAddress = false;
  /** The other side has answered at all. */
  heard = false;
  /** When it was sent the last block; until then, when it came. */
  servedAt: number;

  private readonly socket: Socket;
  private readonly startedAt: number;
  private readonly rate: UploadRate;
  private greeting: Greeting | null;
  private open: OpenTorrent | null = null;
  private encrypt: Rc4 | null = null;
  private decrypt: Rc4 | null = null;
  private heardAt: number;
  private sentAt: number;
  private tookAt: number;
  private pumping = false;

  constructor(
    { socket, greeting, dialled }: ConnectionOptions,
    private readonly deps: ConnectionDeps,
  ) {
    this.socket = socket;
    this.greeting = greeting;
    this.dialled = dialled;
    this.rate = deps.createRate();
    this.address = socket.remoteAddress ?? '';
    this.startedAt = this.servedAt = this.heardAt = this.sentAt = this.tookAt = deps.clock();
    socket.on('data', (chunk: Buffer) => this.guard(() => this.receive(chunk)));
    socket.on('drain', () => this.guard(() => this.drained()));
    socket.on('end', () => this.close());
    socket.on('error', () => this.close());
    socket.on('close', () => this.close());
    if (greeting.start !== null) this.write(greeting.start);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.greeting = null;
    this.socket.destroy();
    this.deps.onClosed(this);
  }

  choke(): void {
    if (!this.closed) this.session?.choke();
  }

  unchoke(): void {
    if (!this.closed) this.session?.unchoke();
  }

  /** Ends what has gone quiet; to be called every second or so. */
  tick(now: number): void {
    const isStuck = this.socket.writableLength > 0 && now - this.tookAt > STALL_MS;
    const isLate = this.session === null && now - this.startedAt > GREETING_MS;
    if (isLate || isStuck || now - this.heardAt > SILENCE_MS) this.close();
    else if (this.session !== null && now - this.sentAt > KEEP_ALIVE_MS) {
      this.write(Buffer.from(KEEP_ALIVE));
    }
  }

  /** No exception leaves a socket's listener: it would end the thread. */
  private guard(work: () => void): void {
    if (this.closed) return;
    try {
      work();
    } catch {
      this.close();
    }
  }

  private receive(chunk: Buffer): void {
    this.heard = true;
    this.heardAt = this.deps.clock();
    if (this.session === null) this.greet(chunk);
    else {
      this.decrypt?.(chunk);
      this.converse(this.session, chunk);
    }
  }

  private greet(chunk: Buffer): void {
    const progress = this.greeting?.push(chunk) ?? { kind: 'refused' };
    if (progress.kind === 'refused') {
      this.deps.onOffence(this.address, OFFENCE.greeting);
      this.close();
      return;
    }
    if (progress.send !== null) this.write(progress.send);
    if (progress.kind === 'waiting') return;
    this.greeting = null;
    this.encrypt = progress.encrypt;
    this.decrypt = progress.decrypt;
    this.socket.pause(); // what it says meanwhile waits in the kernel
    this.authorise(progress).catch(() => this.close());
  }

  private async authorise(greeted: Greeted): Promise<void> {
    const { peer, rest } = greeted;
    if (peer.peerId.equals(this.deps.peerId)) {
      this.close();
      return;
    }
    const open = await this.deps.authorise(peer, this);
    if (this.closed) return;
    if (open === null) {
      this.close();
      return;
    }
    this.open = open;
    if (!this.dialled) this.write(writeHandshake(peer.infoHash, this.deps.peerId));
    this.session = createSession({
      torrent: open.torrent,
      peer,
      address: this.address,
      send: (bytes) => this.write(bytes),
      onInterest: (interested) => this.deps.onInterest(this, interested),
      onSeenAs: (address) => this.deps.onSeenAs(this, address),
    });
    this.session.start();
    this.socket.resume();
    if (rest.length > 0) this.converse(this.session, rest);
  }

  private converse(session: Session, chunk: Buffer): void {
    const reason = session.receive(chunk);
    if (reason !== null) {
      if (reason !== 'seeder') this.deps.onOffence(this.address, OFFENCE.protocol);
      this.close();
      return;
    }
    if (this.closed) return;
    // One that does not read our answers is not read either.
    if (this.socket.writableLength > this.deps.bufferSize() + CONTROL_BYTES) this.socket.pause();
    this.pump();
  }

  private drained(): void {
    this.tookAt = this.deps.clock();
    if (this.session === null) return;
    this.socket.resume();
    this.pump();
  }

  private pump(): void {
    const { open, session } = this;
    if (this.pumping || open === null || session === null) return;
    this.pumping = true;
    this.serve(open, session).then(
      () => (this.pumping = false),
      (error: unknown) => {
        this.close();
        this.deps.onReadError(open.torrent, error);
      },
    );
  }

  private async serve(open: OpenTorrent, session: Session): Promise<void> {
    const { rate } = this;
    while (this.takesMore()) {
      const metadata = session.nextMetadata();
      if (metadata !== null) {
        this.write(metadata);
        continue;
      }
      const run = session.nextRun(Math.min(rate.portion, this.deps.bufferSize()));
      if (run === null) return;
      const wait = rate.take(run.length);
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      if (this.isGone()) return;
      const making = readBlocks(open, run, this.deps.spans, this.encrypt !== null);
      const messages = Array.isArray(making) ? making : await making;
      if (this.isGone()) return;
      this.sendBlocks(open.torrent, run, messages);
    }
  }

  /** Asked anew behind every await. */
  private isGone(): boolean {
    return this.closed;
  }

  private takesMore(): boolean {
    return !this.closed && this.socket.writableLength < this.deps.bufferSize();
  }

  private sendBlocks(torrent: SeedTorrent, { length }: Run, messages: readonly Buffer[]): void {
    // All blocks of one turn, of other runs as well, leave in one system call.
    this.socket.cork();
    process.nextTick(() => this.socket.uncork());
    for (const bytes of messages) this.write(bytes);
    this.servedAt = this.sentAt;
    this.deps.onSent(torrent, length);
  }

  /** Encrypts in place: the bytes are given away. */
  private write(bytes: Buffer): void {
    if (this.closed) return;
    this.encrypt?.(bytes);
    this.sentAt = this.deps.clock();
    if (this.socket.writableLength === 0) this.tookAt = this.sentAt;
    this.socket.write(bytes);
  }
}
