import {
  MemorySwarmStore,
  REFUSAL,
  TRACKER_DEFAULTS,
  TRACKER_ERRORS,
  type SwarmStore,
} from '../../../server/src/tracker';
import { handClock, seededRandom } from '../../contract/swarm-fixtures';
import { ANNOUNCE } from '../tracker/malformed-announces';
import { decodeDictionary } from '../tracker/strict-bencode';
import { exchange, get, HTTP_DOORS, type TrackerServer } from './http-servers';

const QUERY = ANNOUNCE;

describe.each(HTTP_DOORS)('the tracker $name', ({ start, foreign, takesRawBytes }) => {
  let app: TrackerServer;
  let log: string[];

  beforeEach(async () => {
    log = [];
    app = await start({ log });
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
      expect(decodeDictionary(body)).toMatchObject({
        incomplete: 1,
        'external ip': '\x7f\0\0\x01',
      });
    });

    it('carries every byte unchanged, in both directions', async () => {
      for (let byte = 0; byte < 256; byte += 1) {
        const text = String.fromCharCode(byte);
        const escaped = `%${byte.toString(16).padStart(2, '0')}`;
        // The rest ends a request line or a parameter.
        const isPlain = byte > 0x20 && byte < 0x7f && !'%&#'.includes(text);
        const mayBeRaw = isPlain || (byte > 0x7f && takesRawBytes);
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
      app = await start({ gate: { admit } });
      await get(app, `${path}${path.includes('?') ? '&' : '?'}${QUERY}`);
      expect(admit.mock.calls).toEqual([['a'.repeat(20), passkey]]);
      const scrape = path.replace('announce', 'scrape');
      await get(app, `${scrape}${path.includes('?') ? '&' : '?'}${QUERY}`);
      expect(admit.mock.calls[1]).toEqual(['a'.repeat(20), passkey]);
    });

    it('is failed with status 200, so that clients read the reason', async () => {
      await app.close();
      app = await start({ gate: { admit: () => REFUSAL.closed } });
      const { status, body } = await get(app, `/announce?${QUERY}`);
      expect(status).toBe(200);
      expect(decodeDictionary(body)).toMatchObject({
        'failure reason': TRACKER_ERRORS.closed.text,
        interval: TRACKER_ERRORS.closed.retryAfter,
      });
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
      const [response] = await exchange(app, `GET /announce?${QUERY} HTTP/1.0\r\n\r\n`, {
        count: 9,
      });
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

    it('stands at another path when told so', async () => {
      await app.close();
      app = await start({ announcePath: '/announce-here' });
      expect((await get(app, `/announce-here?${QUERY}`)).status).toBe(200);
      expect((await get(app, `/scrape-here?${QUERY}`)).status).toBe(200);
      expect((await get(app, `/announce?${QUERY}`)).status).toBe(foreign);
    });
  });

  describe('behind a proxy', () => {
    it('takes the address that the proxy saw, and nobody else’s word for it', async () => {
      await app.close();
      app = await start({ trustedProxies: ['127.0.0.1'] });
      const from = async (forwarded: string, socket: string) => {
        const headers = `X-Forwarded-For: ${forwarded}\r\n`;
        const { body } = await get(app, `/announce?${QUERY}`, { headers, from: socket });
        return decodeDictionary(body)['external ip'];
      };
      expect(await from('9.9.9.9, 11.0.0.7', '127.0.0.1')).toBe('\x0b\0\0\x07');
      expect(await from('11.0.0.7', '127.0.0.9')).toBe('\x7f\0\0\x09');
      expect(await from('nonsense', '127.0.0.1')).toBe('\x7f\0\0\x01');
    });

    it('takes it from another header when told so', async () => {
      await app.close();
      app = await start({ trustedProxies: ['127.0.0.1'], header: 'CF-Connecting-IP' });
      const headers = 'X-Forwarded-For: 11.0.0.7\r\ncf-connecting-ip: 11.0.0.8\r\n';
      const { body } = await get(app, `/announce?${QUERY}`, { headers });
      expect(decodeDictionary(body)['external ip']).toBe('\x0b\0\0\x08');
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
        {
          store: breakingStore((() => Promise.reject(new Error('store is broken'))) as () => never),
        },
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
    ])(
      'and %s, peers get a plain failure and the log one line without the URL',
      async (_, deps) => {
        await app.close();
        app = await start({ ...deps, log });
        await failing(`/announce?passkey=s3cret&${QUERY}`);
        expect(log).toHaveLength(1);
        expect(log[0]).toContain('is broken');
        expect(log[0]).not.toMatch(/s3cret|info_hash|announce\?/);
        await failing(`/announce?passkey=s3cret&${QUERY}`);
        expect(log).toHaveLength(1);
      },
    );

    it('survives a logger that throws', async () => {
      await app.close();
      const broken = Object.assign([], {
        push: () => {
          throw new Error('disk full');
        },
      });
      app = await start({
        gate: {
          admit: () => {
            throw new Error('gate');
          },
        },
        log: broken,
      });
      await failing(`/announce?${QUERY}`);
      expect((await get(app, '/other')).status).toBe(foreign);
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
      app = await start({ store, log });
      const exchanged = exchange(app, `GET /announce?${QUERY} HTTP/1.1\r\nHost: x\r\n\r\n`, {
        abortAfter: wasAsked,
      });
      expect(await exchanged).toEqual([]);
      await new Promise((resolve) => setTimeout(resolve, 50));
      answer(new Error('too late'));
      await new Promise((resolve) => setImmediate(resolve));
      expect((await get(app, '/other')).status).toBe(foreign);
    });
  });
});
