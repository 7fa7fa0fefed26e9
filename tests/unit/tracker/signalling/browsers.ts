/** Browsers without sockets: what they are sent is kept as parsed messages. */
import {
  createSignalling,
  type CloseReason,
  type InfoHash,
  type Signalling,
  type SignallingDeps,
  type SignallingDrop,
  type SignallingPeer,
} from '../../../../server/src/tracker';
import { handClock, seededRandom, type HandClock } from '../../../contract/swarm-fixtures';

export interface Message {
  action: string;
  info_hash?: string;
  peer_id?: string;
  offer_id?: string;
  offer?: { type: string; sdp: string };
  answer?: { type: string; sdp: string };
  interval?: number;
  complete?: number;
  incomplete?: number;
  'failure reason'?: string;
  files?: Record<string, { complete: number; incomplete: number; downloaded: number }>;
}

export const SDP = 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns="ü \\ name"\r\n';

/** 20 bytes, some of them above 0x7f. */
export const id20 = (n: number): string => `\u00e9"\\\n${String(n).padStart(16, '0')}`;

export const offersOf = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    offer: { type: 'offer', sdp: `${SDP}${from}` },
    offer_id: id20(from * 1000 + i),
  }));

export class Browser {
  readonly peer: SignallingPeer;
  readonly inbox: Message[] = [];
  closed: CloseReason | null = null;
  readonly peerId: string;

  constructor(
    private readonly signalling: Signalling,
    readonly number: number,
    {
      passkey = null,
      address = [127, 0, 0, 1],
    }: { passkey?: string | null; address?: number[] } = {},
  ) {
    this.peerId = id20(number);
    this.peer = signalling.connect({
      wire: {
        send: (text) => this.receive(Buffer.from(text, 'latin1')),
        pass: (before, source, from, to) =>
          this.receive(Buffer.concat([before, source.subarray(from, to)])),
        close: (reason) => {
          this.closed = reason;
          signalling.disconnect(this.peer);
        },
      },
      passkey,
      address: Uint8Array.from(address),
      family: address.length === 4 ? 4 : 6,
    });
  }

  private receive(json: Buffer): void {
    this.inbox.push(JSON.parse(json.toString()) as Message);
  }

  say(message: unknown): Message[] {
    return this.sayText(JSON.stringify(message));
  }

  /** @returns what came back at once */
  sayText(text: string): Message[] {
    const before = this.inbox.length;
    this.signalling.receive(this.peer, Buffer.from(text));
    return this.inbox.slice(before);
  }

  announce(infoHash: InfoHash, more: object = {}): Message {
    const [reply] = this.say({
      action: 'announce',
      info_hash: infoHash,
      peer_id: this.peerId,
      left: 5,
      ...more,
    });
    return reply!;
  }

  answer(infoHash: InfoHash, offer: Message, more: object = {}): Message[] {
    return this.say({
      action: 'announce',
      info_hash: infoHash,
      peer_id: this.peerId,
      to_peer_id: offer.peer_id,
      offer_id: offer.offer_id,
      answer: { type: 'answer', sdp: SDP },
      ...more,
    });
  }

  offers(): Message[] {
    return this.inbox.filter(({ offer }) => offer !== undefined);
  }

  take(): Message[] {
    return this.inbox.splice(0);
  }
}

export interface Site {
  signalling: Signalling;
  clock: HandClock;
  drops: SignallingDrop[];
  completed: Map<InfoHash, number>;
  browser(number: number, options?: { passkey?: string | null; address?: number[] }): Browser;
}

export function openSite(
  admit: SignallingDeps['gate']['admit'] = () => 0,
  config: SignallingDeps['config'] = {},
  more: Partial<SignallingDeps> = {},
): Site {
  const clock = handClock();
  const drops: SignallingDrop[] = [];
  const completed = new Map<InfoHash, number>();
  const signalling = createSignalling({
    gate: { admit },
    clock,
    random: seededRandom(7),
    config,
    completed: {
      of: (infoHash) => completed.get(infoHash) ?? 0,
      count: (infoHash) => void completed.set(infoHash, (completed.get(infoHash) ?? 0) + 1),
    },
    tally: {
      announced: () => undefined,
      scraped: () => undefined,
      dropped: (reason) => void drops.push(reason),
    },
    ...more,
  });
  return {
    signalling,
    clock,
    drops,
    completed,
    browser: (number, options) => new Browser(signalling, number, options),
  };
}
