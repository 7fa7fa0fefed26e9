import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { WebSocketServer } from 'ws';
import { REFUSAL, TRACKER_ERRORS } from '../../../server/src/tracker';
import { hashNumber } from '../../contract/swarm-fixtures';
import { id20, offersOf } from '../tracker/signalling/browsers';
import { nextMessage, startWebSocketSite, until, type WebSocketSite } from './web-socket-site';

const HASH = hashNumber(1);
const announcement = (n: number, more: object = {}): string =>
  JSON.stringify({ action: 'announce', info_hash: HASH, peer_id: id20(n), left: 5, ...more });

let site: WebSocketSite;
afterEach(async () => {
  await site.stop();
  expect(site.faults).toEqual([]);
});

async function curl(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('curl', ['-s', '-m', '5', ...args]);
  return stdout;
}

it.each([
  ['/announce', null],
  ['/announce/', null],
  ['/announce/0123', '0123'],
  ['/announce?passkey=0123', '0123'],
  ['/announce?a=b&passkey=01%32%33&c', '0123'],
  ['/announce/0123?passkey=other', '0123'],
])('%s asks the gate with the passkey %s', async (path, passkey) => {
  const asked: (string | null)[] = [];
  site = await startWebSocketSite((_, key) => {
    asked.push(key);
    return REFUSAL.passkeyUnknown;
  });
  const client = await site.connect(path);
  client.send(announcement(1));
  expect(await nextMessage(client)).toEqual({
    action: 'announce',
    'failure reason': TRACKER_ERRORS['passkey-unknown'].text,
    interval: TRACKER_ERRORS['passkey-unknown'].retryAfter,
    info_hash: HASH,
  });
  expect(asked).toEqual([passkey]);
});

it('brings offers and answers across, in one piece and in many', async () => {
  site = await startWebSocketSite();
  const [a, b] = [await site.connect(), await site.connect()];
  const text = announcement(2, { offers: offersOf(2, 1) });
  b.send(announcement(1));
  await nextMessage(b);
  const received = nextMessage(b);
  const toSender: unknown[] = [];
  a.on('message', (data: Buffer) => toSender.push(JSON.parse(data.toString())));
  for (let i = 0; i < text.length; i += 50) {
    a.send(text.slice(i, i + 50), { fin: i + 50 >= text.length });
  }
  const offer = await received;
  expect(offer).toMatchObject({ ...offersOf(2, 1)[0], peer_id: id20(2), info_hash: HASH });
  const answer = { type: 'answer', sdp: 'ünïcode 😀\r\n' };
  b.send(announcement(1, { to_peer_id: id20(2), offer_id: offer['offer_id'], answer }));
  await until(() => toSender.length === 2);
  expect(toSender[1]).toMatchObject({ answer, peer_id: id20(1) });
});

it('writes each message into a frame of its own, whatever its length', async () => {
  site = await startWebSocketSite();
  const [a, b] = [await site.connect(), await site.connect()];
  b.send(announcement(1));
  await nextMessage(b);
  const lengths = [1, 10, 500, 8_000, 16_000];
  const got: number[] = [];
  b.on('message', (data: Buffer) => {
    const { offer } = JSON.parse(data.toString()) as { offer: { sdp: string } };
    got.push(offer.sdp.length);
  });
  for (const [i, length] of lengths.entries()) {
    const offer = { type: 'offer', sdp: 'x'.repeat(length) };
    a.send(announcement(2, { offers: [{ offer, offer_id: id20(i) }] }));
  }
  await until(() => got.length === lengths.length);
  expect(got).toEqual(lengths);
});

it('a connection that closes leaves every swarm', async () => {
  site = await startWebSocketSite();
  const client = await site.connect();
  for (let n = 1; n <= 20; n += 1) client.send(announcement(1, { info_hash: hashNumber(n) }));
  await until(() => site.signalling.totals().peers === 20);
  client.terminate();
  await until(() => site.signalling.totals().connections === 0);
  expect(site.signalling.totals()).toEqual({ connections: 0, swarms: 0, peers: 0 });
});

describe('what is no message', () => {
  it.each<[string, string | Buffer, object, number, string]>([
    ['no JSON', 'hello', {}, 1007, 'websocket-malformed'],
    ['null', 'null', {}, 1007, 'websocket-malformed'],
    ['an array', '[]', {}, 1007, 'websocket-malformed'],
    ['60,000 arrays in each other', '['.repeat(60_000), {}, 1007, 'websocket-malformed'],
    ['binary', announcement(1), { binary: true }, 1003, 'websocket-malformed'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), { binary: false }, 1007, 'websocket-malformed'],
    ['too long', `"${'x'.repeat(65_536)}"`, {}, 1009, 'websocket-too-large'],
  ])('%s closes the connection and nothing else', async (_, data, options, code, reason) => {
    site = await startWebSocketSite();
    const [good, bad] = [await site.connect(), await site.connect()];
    good.send(announcement(1));
    await nextMessage(good);
    bad.send(announcement(2));
    await nextMessage(bad);
    bad.send(data, options);
    bad.send(announcement(2));
    const [closeCode] = (await once(bad, 'close')) as [number];
    expect(closeCode).toBe(code);
    expect(site.drops).toEqual([reason]);
    await until(() => site.signalling.totals().connections === 1);
    good.send(announcement(1));
    expect(await nextMessage(good)).toMatchObject({ incomplete: 1 });
  });

  it('a handshake that is wrong is answered', async () => {
    site = await startWebSocketSite();
    const status = async (...headers: string[]) =>
      curl(
        ...['-o', '/dev/null', '-w', '%{http_code}', '-H', 'Connection: Upgrade'],
        ...['-H', 'Upgrade: websocket', ...headers.flatMap((header) => ['-H', header])],
        `http://127.0.0.1:${site.port}/announce`,
      );
    expect(await status()).toBe('400');
    expect(await status('Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: short')).toBe('400');
    expect(site.signalling.totals().connections).toBe(0);
  });
});

it('a reader that does not read is cut off', async () => {
  site = await startWebSocketSite();
  const [busy, slow] = [await site.connect(), await site.connect()];
  slow.send(announcement(1));
  await nextMessage(slow);
  slow.pause();
  const offer = { type: 'offer', sdp: 'x'.repeat(16_000) };
  for (let n = 0; n < 4_000 && site.signalling.totals().connections === 2; n += 1) {
    busy.send(announcement(2, { offers: [{ offer, offer_id: id20(n) }] }));
    if (n % 20 === 0) await nextMessage(busy);
  }
  await until(() => site.signalling.totals().connections === 1);
  expect(site.drops).toContain('websocket-backlog');
  busy.send(announcement(2));
});

it('a client that answers no ping is given up, and one that does is not', async () => {
  jest.useFakeTimers({
    doNotFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'nextTick', 'queueMicrotask', 'Date'],
  });
  try {
    site = await startWebSocketSite();
    site.door.start();
    const alive = await site.connect();
    const dead = await site.connect('/announce', { autoPong: false });
    let pings = 0;
    alive.on('ping', () => (pings += 1));
    for (let beats = 0; beats < 300 && dead.readyState === dead.OPEN; beats += 1) {
      jest.advanceTimersByTime(1000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(dead.readyState).not.toBe(dead.OPEN);
    expect(alive.readyState).toBe(alive.OPEN);
    expect(pings).toBeGreaterThan(0);
  } finally {
    jest.useRealTimers();
  }
});

describe('who may connect', () => {
  it('pages of the sites that are named, and programs that are no browsers', async () => {
    site = await startWebSocketSite(undefined, { origins: ['https://app.example'] });
    const options = (origin: string) => ({ origin });
    await site.connect();
    await site.connect('/announce', options('https://app.example'));
    await expect(site.connect('/announce', options('https://evil.example'))).rejects.toThrow('403');
    expect(site.drops).toEqual(['websocket-origin']);
  });

  it('a network gets its share of connections, by the address that a trusted proxy names', async () => {
    site = await startWebSocketSite(undefined, { config: { maxConnectionsPerNetwork: 2 } });
    const from = (address: string) =>
      site.connect('/announce', { headers: { 'x-forwarded-for': address } });
    await from('203.0.113.1');
    const second = await from('203.0.113.2');
    await expect(from('203.0.113.3')).rejects.toThrow('503');
    await from('203.0.114.3');
    expect(site.drops).toEqual(['websocket-limit']);
    second.terminate();
    await until(() => site.signalling.totals().connections === 2);
    await from('203.0.113.3');
  });
});

describe('upgrades that are not ours', () => {
  it('are plain requests, as they were without us', async () => {
    site = await startWebSocketSite();
    const base = `http://127.0.0.1:${site.port}`;
    expect(await curl('--http2', `${base}/a`, `${base}/announce?x`)).toBe(
      'GET /a 0GET /announce?x 0',
    );
    expect(await curl('--http2', '-d', 'x'.repeat(100_000), `${base}/b`)).toBe('POST /b 100000');
    await expect(site.connect('/elsewhere')).rejects.toThrow('HTTP 200');
    await expect(site.connect('/announcement')).rejects.toThrow('HTTP 200');
    await expect(site.connect('/scrape')).rejects.toThrow('HTTP 200');
  });

  it('leave no socket behind', async () => {
    site = await startWebSocketSite();
    const socket = connect(site.port, '127.0.0.1');
    socket.write(
      'GET /x HTTP/1.1\r\nHost: x\r\nUpgrade: other\r\nConnection: close, Upgrade\r\n\r\n',
    );
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'close');
    expect(Buffer.concat(chunks).toString()).toContain('GET /x 0');
    const connections = await promisify(site.server.getConnections.bind(site.server))();
    expect(connections).toBe(0);
  });

  it('are somebody else’s where somebody else listens', async () => {
    site = await startWebSocketSite();
    const theirs = new WebSocketServer({ noServer: true });
    site.server.on('upgrade', (request, socket, head) => {
      if (request.url !== '/hmr') return;
      theirs.handleUpgrade(request, socket, head, (client) => {
        client.on('message', () => client.send('"theirs"'));
      });
    });
    const client = await site.connect('/hmr');
    client.send('whose is this?');
    expect(await nextMessage(client)).toBe('theirs');
    const ours = await site.connect();
    ours.send(announcement(1));
    expect(await nextMessage(ours)).toMatchObject({ action: 'announce' });
    theirs.clients.forEach((each) => each.terminate());
  });

  it('are all plain again when the door is taken off', async () => {
    site = await startWebSocketSite();
    site.detach();
    await expect(site.connect()).rejects.toThrow('HTTP 200');
  });
});
