/**
 * Announces without sockets, from the URL to the body: what the engine itself costs. URL and address
 * are written anew for each one, as they come from a socket; that cost is measured and taken off.
 */
import {
  createHttpEndpoint,
  createTracker,
  type Gate,
  type HttpEndpoint,
  type Tracker,
  type TrackerConfig,
} from '../../../server/src/tracker';

/** The caps of a site would end the growth that is measured here. */
const CONFIG: Partial<TrackerConfig> = { maxPeersPerTorrent: 2_000_000 };

export const openGate: Gate = { admit: () => 0 };

export interface Engine {
  tracker: Tracker;
  endpoint: HttpEndpoint;
}

export function createEngine(gate: Gate = openGate): Engine {
  const tracker = createTracker({
    gate,
    clock: () => performance.now(),
    random: Math.random,
    config: CONFIG,
  });
  return { tracker, endpoint: createHttpEndpoint({ tracker }) };
}

/** Twenty bytes that look like a digest, the same for the same index. */
export function writeInfoHash(index: number, out: Uint8Array): void {
  let state = (index + 1) * 0x9e3779b1;
  for (let at = 0; at < 20; at += 1) {
    if ((at & 3) === 0) {
      state = Math.imul(state ^ (state >>> 15), 0x85ebca6b + at);
      state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    }
    out[at] = state >>> ((at & 3) * 8);
  }
}

const HEX = Buffer.from('0123456789abcdef');
const BEFORE = '/announce?info_hash=';
const AFTER =
  '&peer_id=-BN0001-000000000000&port=51413&uploaded=0&downloaded=0&left=1000000' +
  '&event=started&key=1a2b3c4d&numwant=50&compact=1&supportcrypto=1';

/** Two texts that are written over: strings made from them are new and flat. */
export function createAnnounceText() {
  const url = Buffer.from(`${BEFORE}${'%00'.repeat(20)}${AFTER}`);
  const address = Buffer.from('44.100.100.100');
  const hash = new Uint8Array(20);
  return {
    url(torrent: number): string {
      writeInfoHash(torrent, hash);
      for (let i = 0; i < 20; i += 1) {
        const byte = hash[i] ?? 0;
        url[BEFORE.length + i * 3 + 1] = HEX[byte >> 4] ?? 0;
        url[BEFORE.length + i * 3 + 2] = HEX[byte & 15] ?? 0;
      }
      return url.toString('latin1');
    },
    /** A public address for each of a million peers, all of one length. */
    address(peer: number): string {
      writeNumber(Math.floor(peer / 10_000), 3);
      writeNumber(Math.floor(peer / 100) % 100, 7);
      writeNumber(peer % 100, 11);
      return address.toString('latin1');
    },
  };

  /** 100..199 */
  function writeNumber(number: number, at: number): void {
    address[at + 1] = 0x30 + Math.floor(number / 10);
    address[at + 2] = 0x30 + (number % 10);
  }
}

const text = createAnnounceText();

/** `peers` peers, spread over `torrents` torrents. @throws Error when the engine did not keep them */
export function fill({ tracker, endpoint }: Engine, torrents: number, peers: number): void {
  for (let i = 0; i < peers; i += 1) void endpoint.answer(text.url(i % torrents), text.address(i));
  const { peers4, swarms } = tracker.totals();
  if (peers4 !== peers || swarms !== Math.min(torrents, peers)) {
    throw new Error(`${peers} peers announced in ${torrents} torrents: ${peers4} in ${swarms}`);
  }
}

/** Sum of what came out, so that no work can be left out. */
let sink = 0;

/** Nanoseconds for one announce of a random one of the peers that {@link fill} has put there. */
export function timeAnnounces(
  { endpoint }: Engine,
  torrents: number,
  peers: number,
  count: number,
): number {
  const withAnnounce = time(count, () => {
    const peer = Math.floor(Math.random() * peers);
    const body = endpoint.answer(text.url(peer % torrents), text.address(peer));
    if (typeof body === 'string') sink += body.length;
  });
  const without = time(count, () => {
    const peer = Math.floor(Math.random() * peers);
    sink += text.url(peer % torrents).length + text.address(peer).length;
  });
  if (sink < count) throw new Error('the announces were not answered');
  return withAnnounce - without;
}

function time(count: number, once: () => void): number {
  const from = performance.now();
  for (let i = 0; i < count; i += 1) once();
  return ((performance.now() - from) * 1e6) / count;
}
