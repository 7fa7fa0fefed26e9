/** The tracker in front of a bare Koa app on a free loopback port, and a client that sends raw bytes. */
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import Koa from 'koa';
import { createTracker, type TrackerDeps } from '../../../server/src/tracker';
import { createClientAddress, createTrackerMiddleware } from '../../../server/src/transports';
import { handClock, seededRandom } from '../../contract/swarm-fixtures';

export interface BareKoaOptions extends Partial<TrackerDeps> {
  trustedProxies?: string[];
  announcePath?: string;
  /** Lines that the tracker logs. */
  log?: string[];
}

export interface BareKoa {
  readonly port: number;
  readonly tracker: ReturnType<typeof createTracker>;
  /** URLs that reached the app behind the tracker. */
  readonly passedOn: string[];
  close(): Promise<void>;
}

export async function startBareKoa(options: BareKoaOptions = {}): Promise<BareKoa> {
  const { trustedProxies = [], announcePath = '/announce', log = [], ...deps } = options;
  const clock = handClock();
  const tracker = createTracker({
    gate: { admit: () => 0 },
    clock,
    random: seededRandom(5),
    ...deps,
  });
  const app = new Koa();
  const passedOn: string[] = [];
  app.use(({ req, res }) => {
    passedOn.push(req.url ?? '');
    res.statusCode = 418;
  });
  app.middleware.unshift(
    createTrackerMiddleware({
      tracker,
      clientAddress: createClientAddress({ trustedProxies }),
      logger: { error: (line) => log.push(line) },
      clock,
      announcePath,
    }),
  );
  const handle = app.callback();
  const server = await listen(createServer((req, res) => void handle(req, res)));
  return {
    port: (server.address() as AddressInfo).port,
    tracker,
    passedOn,
    close: () => close(server),
  };
}

export function listen(server: Server, host = '127.0.0.1'): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, host, () => resolve(server));
  });
}

export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

export interface RawResponse {
  status: number;
  headers: Record<string, string>;
  /** One character per byte. */
  body: string;
}

const NEVER = new Promise<void>(() => undefined);

/**
 * Sends `bytes` over one connection (a string means one character per byte) and reads `count`
 * responses.
 */
export function exchange(
  { port }: { port: number },
  bytes: string,
  { count = 1, hasBody = true, from = '127.0.0.1', to = '127.0.0.1', abortAfter = NEVER } = {},
): Promise<RawResponse[]> {
  return new Promise((resolve, reject) => {
    const responses: RawResponse[] = [];
    let text = '';
    const socket = connect({ port, host: to, localAddress: from }, () => {
      socket.write(bytes, 'latin1');
    });
    void abortAfter.then(() => socket.destroy());
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer: ${text}`)));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      for (let next = take(text, hasBody); next !== null; next = take(text, hasBody)) {
        text = text.slice(next.length);
        responses.push(next.response);
        if (responses.length === count) socket.destroy();
      }
    });
    socket.on('error', reject);
    socket.on('close', () => {
      if (text !== '') reject(new Error(`left over: ${text}`));
      else resolve(responses);
    });
  });
}

function take(text: string, hasBody: boolean): { response: RawResponse; length: number } | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const length = hasBody ? Number(headers['content-length'] ?? 0) : 0;
  const from = end + 4;
  if (text.length < from + length) return null;
  const status = Number(statusLine.split(' ')[1]);
  return {
    response: { status, headers, body: text.slice(from, from + length) },
    length: from + length,
  };
}

/** GET over HTTP/1.1; `target` may hold any byte but a space or a line end. */
export async function get(
  app: { port: number },
  target: string,
  { headers = '', from = '127.0.0.1', to = '127.0.0.1' } = {},
): Promise<RawResponse> {
  const request = `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;
  const [response] = await exchange(app, request, { from, to });
  if (response === undefined) throw new Error('the connection was closed without an answer');
  return response;
}
