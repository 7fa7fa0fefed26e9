/** Real clients announce over HTTP and UDP, IPv4 and ::1, meet their seeder by it, complete, and scrape. */
import {
  download,
  makeLoopbackTransmission,
  payloadHashes,
  requirePrograms,
  seed,
  type ClientName,
  type DownloadOptions,
  type Seed,
} from './clients';
import { makePayload, until, type Payload } from './payload';
import { startTrackerSite, type TrackerSite } from './tracker-site';

const TIMEOUT_MS = 60_000;
const SIZE = 1_000_007;

let payload: Payload;
let transmissionBinary: string;
let site: TrackerSite;
let torrent: string;
let infoHash: string;
let seeder: Seed;

beforeAll(async () => {
  requirePrograms();
  payload = await makePayload('payload.bin', SIZE);
  transmissionBinary = await makeLoopbackTransmission(payload.folder);
});

afterAll(() => payload.remove());

async function open(transport: Transport, host: string): Promise<void> {
  site = await startTrackerSite(host);
  ({ torrent, infoHash } = await payload.torrentFor([`${site[transport]}?passkey=K`]));
  const bind = host === '::1' ? host : '127.0.0.9';
  seeder = await seed({ client: 'libtorrent', torrent, dataDir: payload.data, bind });
  expect(await until(() => site.counts(infoHash).seeders === 1)).toBe(true);
}

async function close(): Promise<void> {
  await seeder.stop();
  await site.stop();
}

/** Downloads, and looks at what the client has said to the tracker meanwhile. */
async function complete(
  client: ClientName,
  transport: Transport,
  bind: string,
  more: Partial<DownloadOptions> = {},
): Promise<void> {
  const before = site.announces.length;
  const { completed } = site.counts(infoHash);
  const outDir = payload.newFolder();
  const result = await download({
    client,
    torrent,
    outDir,
    bind,
    timeoutMs: TIMEOUT_MS,
    udpTracker: transport === 'udp',
    ...(client === 'transmission' ? { transmissionBinary } : {}),
    ...more,
    whenComplete: async (running) => {
      if (client === 'aria2') return; // it has ended
      // rTorrent says it as it goes only, and over UDP does not wait for that to arrive.
      if (client !== 'rtorrent') await until(() => site.counts(infoHash).completed > completed);
      await more.whenComplete?.(running);
    },
  });
  expect(result.ok ? await payloadHashes(outDir) : result.detail).toEqual(payload.hashes);
  const announces = site.announces.slice(before);
  expect(announces.length).toBeGreaterThan(0);
  const family = bind === '::1' ? 6 : 4;
  for (const announce of announces) expect(announce).toMatchObject({ transport, family });
  expect(announces[0]).toMatchObject({ event: 'started', left: SIZE });
  const says = !(client === 'rtorrent' && transport === 'udp');
  expect(site.counts(infoHash).completed).toBe(completed + (says ? 1 : 0));
  expect(site.complaints).toEqual([]);
}

const TRANSPORTS = ['http', 'udp'] as const;
type Transport = (typeof TRANSPORTS)[number];

const CLIENTS: [ClientName, string][] = [
  ['aria2', '127.0.0.2'],
  ['qbittorrent', '127.0.0.5'],
  ['rtorrent', '127.0.0.6'],
];

describe.each(TRANSPORTS)('over %s', (transport) => {
  beforeAll(() => open(transport, '127.0.0.1'), 30_000);
  afterAll(close);

  it.each(CLIENTS)(
    '%s on %s finds the seeder, completes, and says so',
    (client, bind) => complete(client, transport, bind),
    TIMEOUT_MS + 20_000,
  );

  it(
    'aria2 does from a magnet, though it says at first that nothing is left, and is counted',
    async () => {
      const before = site.announces.length;
      const { completed } = site.counts(infoHash);
      const outDir = payload.newFolder();
      const tracker = encodeURIComponent(site[transport]);
      const result = await download({
        client: 'aria2',
        torrent: `magnet:?xt=urn:btih:${infoHash}&tr=${tracker}`,
        outDir,
        bind: '127.0.0.8',
        timeoutMs: TIMEOUT_MS,
        udpTracker: transport === 'udp',
      });
      expect(result.ok ? await payloadHashes(outDir) : result.detail).toEqual(payload.hashes);
      const said = site.announces.slice(before).map(({ event, left }) => ({ event, left }));
      expect(said[0]).toEqual({ event: 'started', left: 0 });
      expect(said).toContainEqual({ event: 'started', left: SIZE });
      expect(site.counts(infoHash).completed).toBe(completed + 1);
    },
    TIMEOUT_MS + 20_000,
  );

  it(
    'libtorrent does, and scrapes when it is asked to',
    () => scrape(transport, '127.0.0.4'),
    40_000,
  );

  it(
    'transmission does, and scrapes where announces do not tell it all counts',
    async () => {
      const before = site.scrapes;
      await complete('transmission', transport, '127.0.0.3', {
        whenComplete: async () => {
          if (transport === 'udp') await until(() => site.scrapes > before);
        },
      });
      // Over HTTP it is told how many have completed, and asks no more.
      expect(site.scrapes > before).toBe(transport === 'udp');
    },
    TIMEOUT_MS + 20_000,
  );

  it('libtorrent says its passkey', () => {
    expect(site.announces[0]).toMatchObject({ transport, passkey: 'K' });
  });
});

describe.each(TRANSPORTS)('over %s on ::1', (transport) => {
  beforeAll(() => open(transport, '::1'), 30_000);
  afterAll(close);

  it.each<ClientName>(
    transport === 'http' ? ['aria2', 'qbittorrent', 'rtorrent'] : ['qbittorrent'],
  )(
    '%s finds the seeder, completes, and says so',
    (client) => complete(client, transport, '::1'),
    TIMEOUT_MS + 20_000,
  );

  it('libtorrent does, and scrapes when it is asked to', () => scrape(transport, '::1'), 40_000);
});

// Stated, so that we learn of it when it is different one day.
describe('what clients cannot do on ::1', () => {
  afterEach(close);

  it('transmission announces over HTTP, and takes no peer on a loopback address', async () => {
    const detail = await expectIncomplete('transmission', 'http', { announces: true });
    expect(detail).toContain('"lastAnnouncePeerCount":1');
    expect(detail).toContain('"peersConnected":0');
  }, 30_000);

  it(
    'rtorrent announces over UDP, and looks for endpoints of IPv4 in the answer',
    () => expectIncomplete('rtorrent', 'udp', { announces: true }),
    30_000,
  );

  it(
    'transmission has no UDP socket for IPv6 where there is no global address',
    () => expectIncomplete('transmission', 'udp', { announces: false }),
    30_000,
  );

  it(
    'aria2 asks UDP trackers from the socket of its DHT, which is of IPv4',
    () => expectIncomplete('aria2', 'udp', { announces: false }),
    30_000,
  );
});

/** @returns the client's state */
async function expectIncomplete(
  client: ClientName,
  transport: Transport,
  { announces }: { announces: boolean },
): Promise<string> {
  await open(transport, '::1');
  const { ok, detail } = await download({
    client,
    torrent,
    outDir: payload.newFolder(),
    bind: '::1',
    timeoutMs: 6_000,
    udpTracker: transport === 'udp',
  });
  const heard = site.announces.filter(({ left }) => left > 0); // the seeder's are the others
  expect([ok, heard.length > 0]).toEqual([false, announces]);
  for (const { family } of heard) expect(family).toBe(6);
  return detail;
}

/**
 * On local addresses libtorrent's protection lets requests pass whose path begins with /announce, and
 * so no scrape over HTTP. Elsewhere it scrapes.
 */
async function scrape(transport: Transport, bind: string): Promise<void> {
  const isBlocked = transport === 'http';
  expect(seeder.output().includes('blocked by SSRF mitigation')).toBe(isBlocked);
  const before = site.scrapes;
  let output = '';
  await complete('libtorrent', transport, bind, {
    ssrfMitigation: !isBlocked,
    whenComplete: async (running) => {
      await until(() => (output = running.output()).includes('scrape_reply_alert'));
    },
  });
  expect(output).toContain('scrape_reply_alert');
  expect(site.scrapes).toBeGreaterThan(before);
}
