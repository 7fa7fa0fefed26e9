/** Asks a REST endpoint of Strapi at a fixed rhythm and keeps how long each answer took. */
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RestProbe {
  /** Milliseconds of each request so far. */
  readonly latencies: number[];
  stop(): Promise<void>;
}

/** Between the starts of two requests; about a fifth of what the event loop can do. */
const EVERY = 20;
const PATH = '/api/releases?pagination[pageSize]=10';
const LEAST_BYTES = 1000;

export function startRestProbe(port: number): RestProbe {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const latencies: number[] = [];
  const probe = { isOver: false };

  async function request(): Promise<void> {
    const from = performance.now();
    const [response] = (await once(
      get({ agent, host: '127.0.0.1', port, path: PATH }),
      'response',
    )) as [IncomingMessage];
    let bytes = 0;
    for await (const chunk of response) bytes += (chunk as Buffer).length;
    if (response.statusCode !== 200 || bytes < LEAST_BYTES) {
      throw new Error(`REST answered ${response.statusCode ?? 0} with ${bytes} bytes`);
    }
    latencies.push(performance.now() - from);
  }

  async function ask(): Promise<void> {
    let next = performance.now();
    while (!probe.isOver) {
      await request();
      next = Math.max(next + EVERY, performance.now());
      await sleep(next - performance.now());
    }
  }

  const asking = ask();
  asking.catch(() => undefined); // told to whoever stops it
  return {
    latencies,
    async stop() {
      probe.isOver = true;
      await asking.finally(() => agent.destroy());
    },
  };
}
