/** What an announce says and what it is answered, whatever wire it came over. */
import type { InfoHash } from './info-hash';
import type { AddressFamily, SwarmAnswer } from './swarm/swarm-store';

/** BEP 3; `paused` is BEP 21. */
export type AnnounceEvent = 'none' | 'started' | 'completed' | 'stopped' | 'paused';

/** What an announce came over. */
export type Transport = 'http' | 'udp' | 'websocket';

/** Read by a wire codec. One object per codec, filled anew for each announce. */
export interface AnnounceRequest {
  readonly transport: Transport;
  infoHash: InfoHash;
  passkey: string | null;
  /** Source address (4 or 16 bytes) and, right behind it, the announced port. 18 bytes long. */
  endpoint: Buffer;
  family: AddressFamily;
  /** 0..65535; the codecs let 0 pass only with `stopped`. */
  port: number;
  event: AnnounceEvent;
  /** Bytes; Infinity when the client does not know yet (magnet links). */
  left: number;
  /** Bytes, as the client claims; nothing is decided by them. */
  uploaded: number;
  downloaded: number;
  /** Peers wanted; negative when the client leaves it to us. */
  numwant: number;
}

export interface AnnounceReply {
  readonly kind: 'peers';
  /** Seconds. */
  interval: number;
  minInterval: number;
  swarm: SwarmAnswer;
}
