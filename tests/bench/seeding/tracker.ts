/** A tracker that knows one peer for each URL: the seeder that is measured. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeedTracker {
  /** Clients that announce here are told of this port on 127.0.0.1, and of nobody else. */
  announceUrl(seederPort: number): string;
  stop(): void;
}

export async function startTracker(): Promise<SeedTracker> {
  const server = createServer((request, response) => {
    const port = Number(/^\/announce\/(\d+)/.exec(request.url ?? '')?.[1] ?? 0);
    const peer = Buffer.from([127, 0, 0, 1, port >> 8, port & 0xff]);
    const answer = [Buffer.from('d8:intervali1800e5:peers6:'), peer, Buffer.from('e')];
    response.end(Buffer.concat(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    announceUrl: (seederPort) => `http://127.0.0.1:${port}/announce/${seederPort}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
