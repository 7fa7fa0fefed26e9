/** A server of somebody else's with the WebTorrent tracker in it. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import WebSocket, { type ClientOptions } from 'ws';
import {
  createSignalling,
  type InfoHash,
  type Signalling,
  type SignallingDeps,
  type SignallingDrop,
} from '../../../server/src/tracker';
import {
  createClientAddress,
  createWebSocketDoor,
  type WebSocketDoor,
  type WebSocketDoorDeps,
} from '../../../server/src/transports';

export interface WebSocketSite {
  server: Server;
  signalling: Signalling;
  door: WebSocketDoor;
  port: number;
  /** `ws://127.0.0.1:<port>` */
  url: string;
  completed: Map<InfoHash, number>;
  drops: SignallingDrop[];
  faults: string[];
  detach: () => void;
  connect(path?: string, options?: ClientOptions): Promise<WebSocket>;
  stop(): Promise<void>;
}

export async function startWebSocketSite(
  admit: SignallingDeps['gate']['admit'] = () => 0,
  { config = {}, ...door }: { config?: SignallingDeps['config'] } & Partial<WebSocketDoorDeps> = {},
): Promise<WebSocketSite> {
  const server = createServer((request, response) => {
    let length = 0;
    request.on('data', (chunk: Buffer) => (length += chunk.length));
    request.on('end', () => response.end(`${request.method} ${request.url} ${length}`));
  });
  const completed = new Map<InfoHash, number>();
  const drops: SignallingDrop[] = [];
  const faults: string[] = [];
  const tally = {
    announced: () => undefined,
    scraped: () => undefined,
    dropped: (reason: SignallingDrop) => void drops.push(reason),
  };
  const clock = (): number => performance.now();
  const signalling = createSignalling({
    gate: { admit },
    clock,
    random: Math.random,
    config,
    tally,
    completed: {
      of: (infoHash) => completed.get(infoHash) ?? 0,
      count: (infoHash) => void completed.set(infoHash, (completed.get(infoHash) ?? 0) + 1),
    },
  });
  const webSocketDoor = createWebSocketDoor({
    signalling,
    clientAddress: createClientAddress({ trustedProxies: ['127.0.0.1'] }),
    logger: { error: (message) => void faults.push(message) },
    clock,
    tally,
    ...door,
  });
  const detach = webSocketDoor.attachTo(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const clients: WebSocket[] = [];

  return {
    server,
    signalling,
    door: webSocketDoor,
    port,
    url: `ws://127.0.0.1:${port}`,
    completed,
    drops,
    faults,
    detach,
    async connect(path = '/announce', options = {}) {
      const client = new WebSocket(`ws://127.0.0.1:${port}${path}`, options);
      client.on('error', () => undefined);
      clients.push(client);
      await new Promise<void>((resolve, reject) => {
        client.once('open', () => resolve());
        client.once('unexpected-response', (_, { statusCode }) =>
          reject(new Error(`HTTP ${statusCode}`)),
        );
        client.once('error', reject);
      });
      return client;
    },
    async stop() {
      signalling.stop();
      webSocketDoor.stop();
      clients.forEach((client) => client.terminate());
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The next message of a client, parsed. */
export async function nextMessage(client: WebSocket): Promise<Record<string, unknown>> {
  const [data] = (await once(client, 'message')) as [Buffer];
  return JSON.parse(data.toString()) as Record<string, unknown>;
}

export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
