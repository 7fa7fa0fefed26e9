/** The client half of npm's bittorrent-tracker, which WebTorrent announces with. */
import { once } from 'node:events';
import type {
  AnnounceOptions,
  ClientOptions,
  InfoHashName,
  TrackerClient,
} from 'bittorrent-tracker/client';
import { startTrackerSite, type TrackerSite } from './tracker-site';

// WebRTC needs a native module that is not built; over HTTP and UDP nobody asks for it.
jest.unstable_mockModule('webrtc-polyfill', () => ({
  RTCPeerConnection: null,
  RTCSessionDescription: null,
  RTCIceCandidate: null,
}));

// Printable bytes: the client names others wrongly in what it makes of an HTTP scrape.
const HASH = '61'.repeat(20);
const OTHER = '62'.repeat(20);
const TWENTY_GB = 20 * 1024 ** 3;

const importClient = async () => (await import('bittorrent-tracker/client')).default;

describe.each(['http', 'udp'] as const)('over %s', (transport) => {
  let site: TrackerSite;
  let clients: TrackerClient[] = [];

  beforeEach(async () => {
    site = await startTrackerSite();
  });

  afterEach(async () => {
    for (const client of clients) client.destroy();
    clients = [];
    await site.stop();
    expect(site.complaints).toEqual([]);
  });

  async function open(number: number, more: Partial<ClientOptions> = {}) {
    const Client = await importClient();
    const client = new Client({
      infoHash: HASH,
      peerId: Buffer.alloc(20, number),
      announce: [`${site[transport]}?passkey=K`],
      port: 7000 + number,
      ...more,
    });
    clients.push(client);
    // Whatever is wrong is the test's failure, and not a silence of ten seconds.
    const says = async (say: () => void) => {
      const problem = new AbortController();
      const fail = (error: Error) => problem.abort(error);
      client.once('error', fail);
      client.once('warning', fail);
      const update = once(client, 'update', { signal: problem.signal });
      say();
      const [{ complete, incomplete }] = (await update) as [
        { complete: number; incomplete: number },
      ];
      client.off('error', fail);
      client.off('warning', fail);
      return { complete, incomplete };
    };
    return { client, says };
  }

  const start = (
    { client, says }: Awaited<ReturnType<typeof open>>,
    options: AnnounceOptions = {},
  ) => says(() => client.start({ left: 5, ...options }));

  it('starts, updates, completes and stops', async () => {
    const one = await open(1);
    expect(await start(one)).toEqual({ complete: 0, incomplete: 1 });
    const two = await open(2);
    expect(await start(two)).toEqual({ complete: 0, incomplete: 2 });
    expect(await one.says(() => one.client.update({ left: 3 }))).toEqual({
      complete: 0,
      incomplete: 2,
    });
    expect(await one.says(() => one.client.complete({ left: 0 }))).toEqual({
      complete: 1,
      incomplete: 1,
    });
    expect(await one.says(() => one.client.stop({ left: 0 }))).toEqual({
      complete: 0,
      incomplete: 1,
    });
    expect(site.counts(HASH)).toMatchObject({ seeders: 0, leechers: 1, completed: 1 });
    expect(new Set(site.announces.map((announce) => announce.transport))).toEqual(
      new Set([transport]),
    );
  });

  it('is a leecher with 20 GB left, and with an unknown length', async () => {
    expect(await start(await open(1), { left: TWENTY_GB })).toEqual({ complete: 0, incomplete: 1 });
    expect(site.announces[0]?.left).toBe(TWENTY_GB);
    const unknown = await open(2);
    expect(await unknown.says(() => unknown.client.start())).toEqual({
      complete: 0,
      incomplete: 2,
    });
  });

  it('gets exactly one of three peers when it wants one', async () => {
    for (const number of [1, 2, 3]) await start(await open(number));
    const four = await open(4);
    const peers: string[] = [];
    four.client.on('peer', (peer: string) => peers.push(peer));
    await start(four, { numwant: 1 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(peers).toHaveLength(1);
    expect(['127.0.0.1:7001', '127.0.0.1:7002', '127.0.0.1:7003']).toContain(peers[0]);
  });

  it('scrapes one torrent, and several', async () => {
    const Client = await importClient();
    await start(await open(1), { left: 0 });
    await start(await open(2, { infoHash: OTHER }));
    // It takes hexadecimal text over HTTP, and bytes over UDP.
    const name = (hex: string) => (transport === 'udp' ? Buffer.from(hex, 'hex') : hex);
    const scrape = (infoHash: InfoHashName | InfoHashName[]) =>
      new Promise<object>((resolve, reject) => {
        Client.scrape({ announce: site[transport], infoHash }, (error, result) => {
          if (error === null) resolve(result);
          else reject(error);
        });
      });
    expect(await scrape(name(HASH))).toMatchObject({ infoHash: HASH, complete: 1, incomplete: 0 });
    expect(await scrape([name(HASH), name(OTHER)])).toMatchObject({
      [HASH]: { complete: 1, incomplete: 0 },
      [OTHER]: { complete: 0, incomplete: 1 },
    });
  });
});
