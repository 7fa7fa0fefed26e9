import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  MemorySwarmStore,
  REFUSAL,
  TRACKER_ERRORS,
  type SwarmStore,
  type TrackerErrorCode,
} from '../../../server/src/tracker';
import { createClientAddress, createTrackerHandler } from '../../../server/src/transports';
import { createTracker, TRACKER_DEFAULTS } from '../../../server/src/tracker';
import { handClock, seededRandom } from '../../contract/swarm-fixtures';
import { ANNOUNCE, MALFORMED_ANNOUNCES } from '../tracker/malformed-announces';
import { decodeDictionary } from '../tracker/strict-bencode';
import { close, exchange, get, listen, startBareKoa, type BareKoa } from './bare-koa';

const QUERY = ANNOUNCE;

let app: BareKoa;
let log: string[];

beforeEach(async () => {
  log = [];
  app = await startBareKoa({ log });
});
afterEach(() => app.close());

const announce = async (more = '', from = '127.0.0.1') =>
  decodeDictionary((await get(app, `/announce?${QUERY}&${more}`, { from })).body);

describe('an announce over a socket', () => {
  it('has the headers of a tracker and exactly its bytes', async () => {
    const { status, headers, body } = await get(app, `/announce?${QUERY}`);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/plain',
      'cache-control': 'no-store',
      'content-length': String(body.length),
    });
    expect(decodeDictionary(body)).toMatchObject({ incomplete: 1, 'external ip': '\x7f\0\0\x01' });
    expect(app.passedOn).toEqual([]);
  });

  it('carries every byte unchanged, in both directions', async () => {
    for (let byte = 0; byte < 256; byte += 1) {
      const text = String.fromCharCode(byte);
      const escaped = `%${byte.toString(16).padStart(2, '0')}`;
      // The rest ends a request line or a parameter, or is refused by Node's parser (0x80 and up;
      // our own takes it, see announce-query.test.ts), so that clients must escape it.
      const mayBeRaw = byte > 0x20 && byte < 0x7f && !'%&#'.includes(text);
      const raw = mayBeRaw ? text : escaped.toUpperCase();
      const hash = (style: string): string => `info_hash=${style.repeat(20)}`;
      const query = QUERY.replace(/info_hash=a+/, () => hash(escaped));
      await get(app, `/announce?${query}`);
      const { body } = await get(app, `/scrape?${hash(raw)}`);
      expect(Object.entries(decodeDictionary(body).files as object)).toEqual([
        [text.repeat(20), { complete: 0, downloaded: 0, downloaders: 1, incomplete: 1 }],
      ]);
    }
  });

  it('lets peers find each other by the address of their sockets', async () => {
    await announce('left=0', '127.0.0.2');
    expect(await announce('left=5', '127.0.0.3')).toMatchObject({
      complete: 1,
      incomplete: 1,
      peers: '\x7f\0\0\x02\x1a\xe1',
    });
    expect(await announce('left=5', '127.0.0.3')).toMatchObject({ complete: 1, incomplete: 1 });
  });

  it.each([
    ['/announce/K', 'K'],
    ['/announce?passkey=K', 'K'],
    ['/announce', null],
    ['/announce/', null],
  ])('asks the gate about the passkey of %s', async (path, passkey) => {
    await app.close();
    const admit = jest.fn(() => 3);
    app = await startBareKoa({ gate: { admit } });
    await get(app, `${path}${path.includes('?') ? '&' : '?'}${QUERY}`);
    expect(admit.mock.calls).toEqual([['a'.repeat(20), passkey]]);
    const scrape = path.replace('announce', 'scrape');
    await get(app, `${scrape}${path.includes('?') ? '&' : '?'}${QUERY}`);
    expect(admit.mock.calls[1]).toEqual(['a'.repeat(20), passkey]);
  });

  it('is failed with status 200, so that clients read the reason', async () => {
    await app.close();
    app = await startBareKoa({ gate: { admit: () => REFUSAL.closed } });
    const { status, body } = await get(app, `/announce?${QUERY}`);
    expect(status).toBe(200);
    expect(decodeDictionary(body)).toMatchObject({
      'failure reason': TRACKER_ERRORS.closed.text,
      interval: TRACKER_ERRORS.closed.retryAfter,
    });
  });
});

describe('malformed input over a socket', () => {
  const SHORT = MALFORMED_ANNOUNCES.filter(([query]) => !query.includes(' '));
  const OTHERS: [string, TrackerErrorCode][] = [
    ['/announce', 'missing-info-hash'],
    [`/announce/K?${QUERY}&passkey=K`, 'repeated-parameter'],
    [`/announce?${QUERY.replace('6881', '25')}`, 'service-port'],
    ['/scrape', 'missing-info-hash'],
    ['/scrape?info_hash=abc', 'invalid-info-hash'],
    ['/scrape?%', 'malformed-query'],
  ];

  it.each([...SHORT.map(([query, code]) => [`/announce?${query}`, code] as const), ...OTHERS])(
    '%.70s is answered: %s',
    async (target, code) => {
      const { status, body } = await get(app, target);
      expect(status).toBe(200);
      expect(decodeDictionary(body)['failure reason']).toBe(TRACKER_ERRORS[code].text);
      expect(app.tracker.totals().swarms).toBe(0);
      expect(log).toEqual([]);
    },
  );

  it.each([20_000, 64 * 1024])('a URL of %i bytes is refused by Node itself', async (length) => {
    const { status } = await get(app, `/announce?${'x'.repeat(length)}`);
    expect(status).toBe(431);
  });

  it('still answers after all of it', async () => {
    await exchange(app, 'nonsense\r\n\r\n').catch(() => []);
    await exchange(app, '\0\xff\0\xff\r\n\r\n').catch(() => []);
    expect(await announce()).toMatchObject({ incomplete: 1 });
  });
});

describe('HTTP', () => {
  it('answers HEAD with the headers of GET', async () => {
    const request = `HEAD /announce?${QUERY} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    const [head] = await exchange(app, request, { hasBody: false });
    const { body } = await get(app, `/announce?${QUERY}`);
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head!.headers['content-length']).toBe(String(body.length));
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('refuses %s', async (method) => {
    const request = `${method} /announce?${QUERY} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody`;
    // The connection ends: a second answer is waited for in vain.
    const responses = await exchange(app, request, { count: 2 });
    expect(responses).toHaveLength(1);
    expect(responses[0]).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD', connection: 'close' },
    });
    expect(decodeDictionary(responses[0]!.body)).toHaveProperty('failure reason');
    expect(app.tracker.totals().swarms).toBe(0);
  });

  it('speaks HTTP/1.0, which needs no Host and ends the connection', async () => {
    const [response] = await exchange(app, `GET /announce?${QUERY} HTTP/1.0\r\n\r\n`, { count: 9 });
    expect(response).toMatchObject({ status: 200, headers: { connection: 'close' } });
    expect(decodeDictionary(response!.body)).toMatchObject({ incomplete: 1 });
  });

  it('takes the absolute form of a URL', async () => {
    const { body } = await get(app, `http://tracker.example:80/announce/K?${QUERY}`);
    expect(decodeDictionary(body)).toMatchObject({ incomplete: 1 });
  });

  it('answers pipelined requests in their order, each with its own body', async () => {
    const request = (n: number): string =>
      `GET /announce?${QUERY.replace('6881', String(20_000 + n))}&left=5 HTTP/1.1\r\nHost: x\r\n\r\n`;
    const requests = Array.from({ length: 30 }, (_, n) => request(n)).join('');
    const responses = await exchange(app, requests, { count: 30 });
    const counts = responses.map(({ body }) => decodeDictionary(body).incomplete);
    expect(counts).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
    for (const { body } of responses) {
      const { incomplete, peers } = decodeDictionary(body);
      expect((peers as string).length).toBe(6 * (Number(incomplete) - 1));
    }
  });

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

  it('stands at another path when told so', async () => {
    await app.close();
    app = await startBareKoa({ announcePath: '/announce-here' });
    expect((await get(app, `/announce-here?${QUERY}`)).status).toBe(200);
    expect((await get(app, `/scrape-here?${QUERY}`)).status).toBe(200);
    expect((await get(app, `/announce?${QUERY}`)).status).toBe(418);
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

describe('behind a proxy', () => {
  it('takes the address that the proxy saw, and nobody else’s word for it', async () => {
    await app.close();
    app = await startBareKoa({ trustedProxies: ['127.0.0.1'] });
    const from = async (forwarded: string, socket: string) => {
      const headers = `X-Forwarded-For: ${forwarded}\r\n`;
      const { body } = await get(app, `/announce?${QUERY}`, { headers, from: socket });
      return decodeDictionary(body)['external ip'];
    };
    expect(await from('9.9.9.9, 11.0.0.7', '127.0.0.1')).toBe('\x0b\0\0\x07');
    expect(await from('11.0.0.7', '127.0.0.9')).toBe('\x7f\0\0\x09');
    expect(await from('nonsense', '127.0.0.1')).toBe('\x7f\0\0\x01');
  });
});

describe('when something of ours breaks', () => {
  const breakingStore = (announce: () => never): SwarmStore => {
    const limits = TRACKER_DEFAULTS;
    const memory = new MemorySwarmStore({ clock: handClock(), random: seededRandom(1), limits });
    return Object.assign(memory, { announce });
  };
  const failing = async (target: string) => {
    const { status, body } = await get(app, target);
    expect(status).toBe(200);
    expect(decodeDictionary(body)['failure reason']).toBe(TRACKER_ERRORS.internal.text);
  };

  it.each([
    [
      'the gate throws',
      {
        gate: {
          admit: () => {
            throw new Error('gate is broken');
          },
        },
      },
    ],
    [
      'the store throws',
      {
        store: breakingStore(() => {
          throw new Error('store is broken');
        }),
      },
    ],
    [
      'the store rejects',
      { store: breakingStore((() => Promise.reject(new Error('store is broken'))) as () => never) },
    ],
    [
      'no error is thrown, but a word',
      {
        gate: {
          admit: () => {
            throw 'is broken' as unknown as Error;
          },
        },
      },
    ],
  ])('and %s, peers get a plain failure and the log one line without the URL', async (_, deps) => {
    await app.close();
    app = await startBareKoa({ ...deps, log });
    await failing(`/announce?passkey=s3cret&${QUERY}`);
    expect(log).toHaveLength(1);
    expect(log[0]).toContain('is broken');
    expect(log[0]).not.toMatch(/s3cret|info_hash|announce\?/);
    await failing(`/announce?passkey=s3cret&${QUERY}`);
    expect(log).toHaveLength(1);
  });

  it('survives a logger that throws', async () => {
    await app.close();
    const broken = Object.assign([], {
      push: () => {
        throw new Error('disk full');
      },
    });
    app = await startBareKoa({
      gate: {
        admit: () => {
          throw new Error('gate');
        },
      },
      log: broken,
    });
    expect(await exchange(app, `GET /announce?${QUERY} HTTP/1.1\r\nHost: x\r\n\r\n`)).toEqual([]);
    expect((await get(app, '/other')).status).toBe(418);
  });

  it('does not write to a client that went away before a slow store answered', async () => {
    await app.close();
    let answer: (error: Error) => void = () => undefined;
    let asked: () => void = () => undefined;
    const wasAsked = new Promise<void>((resolve) => (asked = resolve));
    const store = breakingStore((() => {
      asked();
      return new Promise((_, reject) => (answer = reject));
    }) as () => never);
    app = await startBareKoa({ store, log });
    const exchanged = exchange(app, `GET /announce?${QUERY} HTTP/1.1\r\nHost: x\r\n\r\n`, {
      abortAfter: wasAsked,
    });
    expect(await exchanged).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    answer(new Error('too late'));
    await new Promise((resolve) => setImmediate(resolve));
    expect((await get(app, '/other')).status).toBe(418);
  });
});
