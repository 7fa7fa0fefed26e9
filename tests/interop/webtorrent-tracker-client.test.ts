/** The client half of `bittorrent-tracker`, which every WebTorrent program uses, over WebSocket. */
import { once, type EventEmitter } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { REFUSAL, TRACKER_ERRORS } from '../../server/src/tracker';
import { hashNumber } from '../contract/swarm-fixtures';
import { startWebSocketSite, until, type WebSocketSite } from '../unit/transports/web-socket-site';

/** What an announce or a scrape brought. */
interface Counts {
  complete: number;
  incomplete: number;
  downloaded?: number;
  infoHash: string;
  announce: string;
}

interface Client extends EventEmitter {
  start(options?: object): void;
  update(options?: object): void;
  complete(options?: object): void;
  stop(options?: object): void;
  scrape(options?: object): void;
  destroy(done: () => void): void;
}

type ClientClass = new (options: object) => Client;

const CLIENT = join(__dirname, '../third-party/node_modules/bittorrent-tracker/client.js');
const HASH = hashNumber(1);
const hex = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('hex');

let Client: ClientClass;
let site: WebSocketSite;
const clients: Client[] = [];

beforeAll(async () => {
  ({ default: Client } = (await import(pathToFileURL(CLIENT).href)) as { default: ClientClass });
});

afterEach(async () => {
  for (const client of clients.splice(0)) {
    await new Promise<void>((resolve) => client.destroy(resolve));
  }
  await site.stop();
  expect(site.faults).toEqual([]);
});

/** Each has an URL of its own, because clients of one process share the socket of an URL. */
function open(n: number, left: number | undefined, passkey = `k${n}`): Client {
  const client = new Client({
    infoHash: hex(HASH),
    peerId: Buffer.from(`-WW0102-${String(n).padStart(12, '0')}`),
    announce: [`${site.url}/announce?passkey=${passkey}`],
    port: 6881,
    // Offers need a browser; tests/browser has two.
    getAnnounceOpts: () => ({ numwant: 0, ...(left === undefined ? {} : { left }) }),
  });
  client.on('error', (error: Error) => client.emit('warning', error));
  clients.push(client);
  return client;
}

async function next(client: Client, event: string, act: () => void): Promise<Counts> {
  const happened = once(client, event) as Promise<[Counts]>;
  act();
  const [counts] = await happened;
  return counts;
}

test('starts, completes, updates, scrapes and stops; counts follow', async () => {
  site = await startWebSocketSite();
  const [a, b] = [open(1, 0), open(2, 20 * 1024 ** 3)];
  expect(await next(a, 'update', () => a.start())).toMatchObject({
    complete: 1,
    incomplete: 0,
    infoHash: hex(HASH),
  });
  expect(await next(b, 'update', () => b.start())).toMatchObject({ complete: 1, incomplete: 1 });
  expect(await next(b, 'update', () => b.update())).toMatchObject({ complete: 1, incomplete: 1 });
  expect(await next(a, 'scrape', () => a.scrape())).toMatchObject({
    complete: 1,
    incomplete: 1,
    downloaded: 0,
  });
  clients.splice(clients.indexOf(b), 1);
  const finished = open(3, 7);
  await next(finished, 'update', () => finished.start());
  Object.assign(finished, { _getAnnounceOpts: () => ({ numwant: 0, left: 0 }) });
  expect(await next(finished, 'update', () => finished.complete())).toMatchObject({
    complete: 2,
    incomplete: 1,
  });
  expect(site.completed.get(HASH)).toBe(1);
  expect(await next(b, 'update', () => b.stop())).toMatchObject({ complete: 2, incomplete: 0 });
  await new Promise<void>((resolve) => b.destroy(resolve));
  await until(() => site.signalling.totals().connections === 2);
});

test('a magnet link, whose length is not known, counts as a leecher', async () => {
  site = await startWebSocketSite();
  const client = open(1, Infinity);
  expect(await next(client, 'update', () => client.start())).toMatchObject({ incomplete: 1 });
  const other = open(2, undefined);
  expect(await next(other, 'update', () => other.start())).toMatchObject({ incomplete: 2 });
});

test('scrapes several, and is told nothing of those that it may not have', async () => {
  site = await startWebSocketSite((hash) => (hash === hashNumber(3) ? REFUSAL.forbidden : 0));
  const client = open(1, 5);
  await next(client, 'update', () => client.start());
  const results: string[] = [];
  client.on('scrape', ({ infoHash }: Counts) => results.push(infoHash));
  client.scrape({ infoHash: [hashNumber(1), hashNumber(2), hashNumber(3)].map(hex) });
  await until(() => results.length === 2);
  expect(results).toEqual([hashNumber(1), hashNumber(2)].map(hex));
});

test('reads the reason when the gate refuses, and when a right is taken back', async () => {
  let isOpen = false;
  site = await startWebSocketSite((_, passkey) =>
    isOpen && passkey === 'k1' ? 1 : REFUSAL.passkeyUnknown,
  );
  const client = open(1, 5);
  const warned = async (act: () => void): Promise<string> => {
    const happened = once(client, 'warning') as Promise<[Error]>;
    act();
    const [{ message }] = await happened;
    return message;
  };
  const { text } = TRACKER_ERRORS['passkey-unknown'];
  expect(await warned(() => client.start())).toBe(text);
  isOpen = true;
  await next(client, 'update', () => client.start());
  isOpen = false;
  expect(await warned(() => site.signalling.dropOwner(1))).toBe(text);
  expect(site.signalling.totals().peers).toBe(0);
});
