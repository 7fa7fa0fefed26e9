import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTracker } from '../../../server/src/tracker';
import { createClientAddress, createTrackerHandler } from '../../../server/src/transports';
import { handClock, seededRandom } from '../../contract/swarm-fixtures';
import { ANNOUNCE as QUERY } from '../tracker/malformed-announces';
import { decodeDictionary } from '../tracker/strict-bencode';
import { close, get, listen, startBareKoa, type BareKoa } from './http-servers';

let app: BareKoa;
const log: string[] = [];

beforeEach(async () => (app = await startBareKoa({ log })));
afterEach(() => app.close());

describe('in front of Koa the tracker', () => {
  it.each(['/', '/announcement?x', '/api/announce', '/Announce', '/scraper', '/uploads/scrape'])(
    'passes %s on, untouched',
    async (target) => {
      expect((await get(app, target)).status).toBe(418);
      expect(app.passedOn).toEqual([target]);
    },
  );

  it('passes nothing on that lies below its path and may hold a key', async () => {
    for (const target of ['/announce/K/announce', '/announce/K/x?y', '/scrape/K/']) {
      expect((await get(app, target)).status).toBe(200);
    }
    expect(app.passedOn).toEqual([]);
  });

  it('is reached over IPv6 too', async () => {
    const tracker = createTracker({
      gate: { admit: () => 0 },
      clock: handClock(),
      random: seededRandom(1),
    });
    const handler = createTrackerHandler({
      tracker,
      clientAddress: createClientAddress({ trustedProxies: [] }),
      logger: { error: (line) => log.push(line) },
      clock: handClock(),
    });
    const server = await listen(
      createServer((req, res) => handler.serve(req, res)),
      '::',
    );
    const { port } = server.address() as AddressInfo;
    const over = async (from: string, to: string) =>
      decodeDictionary((await get({ port }, `/announce?${QUERY}`, { from, to })).body);
    // A dual-stack socket shows IPv4 clients as ::ffff:127.0.0.1.
    expect(await over('127.0.0.1', '127.0.0.1')).toMatchObject({ 'external ip': '\x7f\0\0\x01' });
    expect(await over('::1', '::1')).toMatchObject({
      'external ip': `${'\0'.repeat(15)}\x01`,
      peers: '\x7f\0\0\x01\x1a\xe1',
    });
    expect(await over('127.0.0.1', '127.0.0.1')).toMatchObject({
      peers: '',
      peers6: `${'\0'.repeat(15)}\x01\x1a\xe1`,
    });
    await close(server);
  });
});
