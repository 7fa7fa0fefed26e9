/** The tracker's HTTP doors at a real Strapi: in front of it, and on a port of its own. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allow, documents, eventually, readyTorrent, upload } from './support/content';
import { announce, isAdmitted, scrape } from './support/doors';
import { freePort, startSite, type TestSite } from './support/strapi';

const logFile = join(tmpdir(), `strapi-${randomBytes(6).toString('hex')}.log`);
let site: TestSite;
let ownUrl: string;
let infoHash: string;

beforeAll(async () => {
  const port = await freePort();
  ownUrl = `http://127.0.0.1:${port}`;
  site = await startSite({
    config: { tracker: { http: { host: '127.0.0.1', port } } },
    env: { TEST_LOG_FILE: logFile },
  });
  await allow(site.strapi, 'public', 'release');
  const media = await upload(site.strapi, 'doors.iso', randomBytes(1_000));
  const { documentId } = await documents(site.strapi, 'release').create({
    data: { title: 'Doors', files: [media.id] },
    status: 'published',
  });
  ({ infoHash } = (await readyTorrent(`${site.url}/api/releases/${documentId}`)) as {
    infoHash: string;
  });
});
afterAll(() => rm(logFile));

/** What has been logged until now. */
async function logged(): Promise<string> {
  const mark = randomBytes(6).toString('hex');
  site.strapi.log.info(mark);
  return eventually(async () => {
    const text = await readFile(logFile, 'utf8');
    expect(text).toContain(mark);
    return text;
  });
}

test('both doors lead to the same swarm', async () => {
  expect(isAdmitted(await announce(site.url, infoHash))).toBe(true);
  const answer = await announce(ownUrl, infoHash);
  expect(answer).toContain('10:incompletei2e');
  expect(answer).toContain('5:peers6:\x7f\0\0\x01');
  expect(await scrape(ownUrl, infoHash)).toBe(await scrape(site.url, infoHash));
});

test('an announce on Strapi’s port leaves no line in the log and has no header of Strapi’s', async () => {
  await fetch(`${site.url}/_health?${infoHash}`);
  const { headers } = await fetch(`${site.url}/announce?log=${infoHash}`);
  // On a connection that Strapi had already, `node:http` adds what it says of each connection.
  const own = [...headers.keys()].filter((name) => !['connection', 'keep-alive'].includes(name));
  expect(own.sort()).toEqual(['cache-control', 'content-length', 'content-type', 'date']);
  const log = await logged();
  expect(log).toContain(`/_health?${infoHash}`);
  expect(log).not.toContain('log=');
});

test('announces, REST and an upgrade share one connection, as behind a reverse proxy', async () => {
  const target = `/announce?info_hash=${infoHash.replace(/../g, '%$&')}&peer_id=${'p'.repeat(20)}&port=7001`;
  const request = (path: string, fields = ''): string =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;
  const { httpServer } = site.strapi.server;
  httpServer.on('upgrade', (_, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
  const socket = connect({ port: Number(new URL(site.url).port), host: '127.0.0.1' });
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.write(request(target) + request('/api/releases') + request(target));
  const announced = () => text.split('8:intervali').length - 1;
  await eventually(() => {
    expect(announced()).toBe(2);
    return Promise.resolve();
  });
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Type: text\/plain\r\n/);
  expect(text).toContain('"title":"Doors"');
  socket.write(request(target) + request('/other', 'Connection: Upgrade\r\nUpgrade: x\r\n'));
  await once(socket, 'close');
  expect(announced()).toBe(3);
  expect(text).toMatch(/HTTP\/1\.1 101 Switching Protocols\r\n\r\n$/);
  httpServer.removeAllListeners('upgrade');
});

test('Strapi still gets what is not the tracker’s, and its upgrades are let alone', async () => {
  expect((await fetch(`${site.url}/api/releases`)).status).toBe(200);
  expect((await fetch(`${site.url}/announcements`)).status).toBe(404);
  const { httpServer } = site.strapi.server;
  // As Vite does for its HMR in `strapi develop`.
  httpServer.on('upgrade', (_, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
  const socket = connect({ port: Number(new URL(site.url).port), host: '127.0.0.1' });
  socket.write('GET /announce HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  expect(chunk.toString()).toMatch(/^HTTP\/1\.1 101 /);
  socket.destroy();
  httpServer.removeAllListeners('upgrade');
});

test('the own port knows nothing of Strapi', async () => {
  for (const path of ['/', '/admin', '/api/releases', '/_health']) {
    expect((await fetch(`${ownUrl}${path}`)).status).toBe(404);
  }
});

test('the own port is there again after a restart, and is let go with Strapi', async () => {
  await site.restart();
  await eventually(async () => {
    expect(isAdmitted(await announce(ownUrl, infoHash))).toBe(true);
  });
  await site.stop();
  await expect(fetch(`${ownUrl}/announce`)).rejects.toThrow();
});

test('a port that is taken stops Strapi, with the place in the configuration', async () => {
  const port = Number(new URL(ownUrl).port);
  const taken = createServer().listen(port, '127.0.0.1');
  await once(taken, 'listening');
  const exit = jest.spyOn(process, 'exit').mockImplementation((() => undefined) as () => never);
  const { folder, database } = await startSite({
    config: { tracker: { http: { host: '127.0.0.1', port } } },
    env: { TEST_LOG_FILE: logFile },
  });
  await eventually(async () => {
    expect(exit).toHaveBeenCalledWith(1);
    expect(await readFile(logFile, 'utf8')).toContain(
      `bittorrent.config.tracker.http: port ${port} on 127.0.0.1 is used by another program`,
    );
  });
  exit.mockRestore();
  taken.close();
  await database.drop();
  // Strapi does not wait for itself when it stops so, and may still be writing there.
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
});
