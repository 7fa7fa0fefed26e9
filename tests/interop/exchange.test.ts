/** Every client completes from every other one, brought together by the tracker alone. */
import {
  CLIENTS,
  download,
  makeLoopbackTransmission,
  payloadHashes,
  requirePrograms,
  seed,
  type ClientName,
} from './clients';
import { makePayload, until, type Payload } from './payload';
import { startTrackerSite, type TrackerSite } from './tracker-site';

const TIMEOUT_MS = 90_000;

let payload: Payload;
let transmissionBinary: string;

beforeAll(async () => {
  requirePrograms();
  payload = await makePayload();
  transmissionBinary = await makeLoopbackTransmission(payload.folder);
});

afterAll(() => payload.remove());

/**
 * aria2 1.36 says anew which pieces it has when it has got one, in a message that BEP 3 allows only
 * at the start; rTorrent 0.9.8 hangs up on it. From each other they get one piece per connection.
 */
const hangsUp = (seeder: ClientName, leecher: ClientName): boolean =>
  seeder === 'rtorrent' && leecher === 'aria2';

// A tracker for each, so that nobody meets who is left of the others.
describe.each(CLIENTS)('%s seeds', (client) => {
  let seeding: Seeding;

  beforeAll(async () => {
    seeding = await startSeeding(client, payload);
  }, TIMEOUT_MS);

  afterAll(() => seeding.stop());

  it.each(CLIENTS.filter((other) => other !== client && !hangsUp(client, other)))(
    '%s completes from it alone',
    (other) => expectComplete(other, payload, seeding),
    TIMEOUT_MS + 30_000,
  );
});

it(
  'aria2 completes from rTorrent where one piece is all',
  async () => {
    const small = await makePayload('small.bin', 50_000);
    const seeding = await startSeeding('rtorrent', small);
    try {
      await expectComplete('aria2', small, seeding);
    } finally {
      await seeding.stop();
      await small.remove();
    }
  },
  TIMEOUT_MS + 30_000,
);

interface Seeding {
  site: TrackerSite;
  torrent: string;
  stop(): Promise<void>;
}

/** Resolves when the tracker knows the seeder. */
async function startSeeding(client: ClientName, content: Payload): Promise<Seeding> {
  const site = await startTrackerSite();
  const { torrent, infoHash } = await content.torrentFor([site.http]);
  const bind = addressOf(client, 1);
  const dataDir = await content.copy();
  const seeder = await seed({ client, torrent, dataDir, bind, transmissionBinary });
  const stop = async (): Promise<void> => {
    await seeder.stop();
    await site.stop();
  };
  if (await until(() => site.counts(infoHash).seeders === 1, 30)) return { site, torrent, stop };
  await stop();
  throw new Error(`${client} did not announce itself:\n${seeder.output()}`);
}

async function expectComplete(
  client: ClientName,
  content: Payload,
  { site, torrent }: Seeding,
): Promise<void> {
  const outDir = content.newFolder();
  const result = await download({
    client,
    torrent,
    outDir,
    bind: addressOf(client, 2),
    timeoutMs: TIMEOUT_MS,
    transmissionBinary,
  });
  expect(result.ok ? await payloadHashes(outDir) : result.detail).toEqual(content.hashes);
  expect(site.complaints).toEqual([]);
}

/** One for each client and part: they are told apart by it. */
function addressOf(client: ClientName, part: number): string {
  return `127.0.${10 + part}.${1 + CLIENTS.indexOf(client)}`;
}
