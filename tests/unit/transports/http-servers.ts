/** The tracker behind its two HTTP doors on free loopback ports, and a client that sends raw bytes. */
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import Koa from 'koa';
import { createTracker, type TrackerDeps } from '../../../server/src/tracker';
import {
  createClientAddress,
  createHttpListener,
  createTrackerHandler,
  frontConnections,
  interceptRequests,
  type HttpFront,
  type HttpListener,
  type HttpListenerDeps,
} from '../../../server/src/transports';
import { handClock, seededRandom } from '../../contract/swarm-fixtures';

export interface BareKoaOptions extends Partial<TrackerDeps> {
  trustedProxies?: string[];
  /** In which they name the client. */
  header?: string;
  announcePath?: string;
  /** Lines that the tracker logs. */
  log?: string[];
}

export interface TrackerServer {
  readonly port: number;
  readonly tracker: ReturnType<typeof createTracker>;
  close(): Promise<void>;
}

export interface BareKoa extends TrackerServer {
  /** URLs that reached the app behind the tracker. */
  readonly passedOn: string[];
}

function trackerParts(options: BareKoaOptions) {
  const {
    trustedProxies = [],
    header = 'X-Forwarded-For',
    announcePath = '/announce',
    log = [],
    ...deps
  } = options;
  const clock = handClock();
  const tracker = createTracker({
    gate: { admit: () => 0 },
    clock,
    random: seededRandom(5),
    ...deps,
  });
  const clientAddress = createClientAddress({ trustedProxies, header });
  const logger = { error: (line: string) => log.push(line) };
  return { tracker, clientAddress, logger, clock, announcePath };
}

/** The tracker in front of a Koa app, as it stands in front of Strapi's where it cannot go deeper. */
export async function startBareKoa(options: BareKoaOptions = {}): Promise<BareKoa> {
  const { koa } = await startKoa(options);
  return koa;
}

/** The tracker below `node:http` and a Koa app, as it stands on Strapi's port. */
export async function startBelowKoa({
  bareHandles = true,
  ...options
}: BareKoaOptions & { bareHandles?: boolean } = {}): Promise<
  BareKoa & { front: HttpFront; server: Server }
> {
  const { koa, server, parts } = await startKoa(options);
  const front = frontConnections(server, {
    ...parts,
    forwardedHeader: options.header,
    wallClock: () => new Date(0),
    bareHandles,
  });
  if (front === null) throw new Error('this is not a server of node:http');
  return {
    ...koa,
    front,
    server,
    close() {
      front.letGo();
      return koa.close();
    },
  };
}

async function startKoa(options: BareKoaOptions) {
  const parts = trackerParts(options);
  const app = new Koa();
  const passedOn: string[] = [];
  app.use(({ req, res }) => {
    passedOn.push(req.url ?? '');
    res.statusCode = 418;
  });
  const handle = app.callback();
  const server = await listen(createServer((req, res) => void handle(req, res)));
  interceptRequests(server, createTrackerHandler(parts));
  const koa: BareKoa = {
    port: (server.address() as AddressInfo).port,
    tracker: parts.tracker,
    passedOn,
    close: () => close(server),
  };
  return { koa, server, parts };
}

export type OwnPort = TrackerServer & Pick<HttpListener, 'tick'> & { readonly size: number };

/** The tracker on a port of its own. */
export async function startOwnPort({
  host,
  port: ownPort = 0,
  maxConnections = 100,
  bareHandles,
  ...options
}: BareKoaOptions &
  Partial<
    Pick<HttpListenerDeps, 'host' | 'port' | 'maxConnections' | 'bareHandles'>
  > = {}): Promise<OwnPort> {
  const parts = trackerParts(options);
  const listener = createHttpListener({
    ...parts,
    host,
    port: ownPort,
    maxConnections,
    ...(bareHandles !== undefined && { bareHandles }),
    forwardedHeader: options.header,
    wallClock: () => new Date(0),
  });
  await listener.start();
  const { port } = listener;
  return {
    port,
    tracker: parts.tracker,
    close: () => listener.stop(),
    tick: () => listener.tick(),
    get size() {
      return listener.size;
    },
  };
}

export interface HttpDoor {
  name: string;
  start: (options?: BareKoaOptions) => Promise<TrackerServer>;
  /** Status of a URL that is not the tracker's. */
  foreign: number;
  /** Status of a URL that is too long: `node:http` knows only one for the whole head. */
  tooLong: number;
  /** Whether bytes from 0x80 on may stand in a URL as they are: not with `node:http`. */
  takesRawBytes: boolean;
}

export const HTTP_DOORS: HttpDoor[] = [
  {
    name: 'in front of Koa',
    start: startBareKoa,
    foreign: 418,
    tooLong: 431,
    takesRawBytes: false,
  },
  {
    name: 'below node:http',
    start: startBelowKoa,
    foreign: 418,
    tooLong: 431,
    takesRawBytes: true,
  },
  {
    name: 'below node:http, over net.Socket',
    start: (options) => startBelowKoa({ ...options, bareHandles: false }),
    foreign: 418,
    tooLong: 431,
    takesRawBytes: true,
  },
  {
    name: 'on a port of its own',
    start: startOwnPort,
    foreign: 404,
    tooLong: 414,
    takesRawBytes: true,
  },
  {
    name: 'on a port of its own, over net.Socket',
    start: (options) => startOwnPort({ ...options, bareHandles: false }),
    foreign: 404,
    tooLong: 414,
    takesRawBytes: true,
  },
];

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
