/** Ours, without Strapi: the tracker behind its own listeners and the plugin's real gate. */
import { createTracker } from '../../../server/src/tracker';
import { createClientAddress } from '../../../server/src/transports';
import { createUdpListener } from '../../../server/src/transports/udp-listener';
import { createRealGate } from '../real-gate';
import { REGISTERED } from '../scenario';
import { freePort } from './free-port';
import { announceReady, countingLogger } from './ready';
import { createServer } from 'node:http';
import { createTrackerHandler } from '../../../server/src/transports';
import { once } from 'node:events';

const clock = (): number => performance.now();
const tracker = createTracker({
  gate: createRealGate(REGISTERED),
  clock,
  random: Math.random,
  onFault: () => countingLogger.error(),
});
tracker.start();

const clientAddress = createClientAddress({ trustedProxies: [] });
const http = await freePort();
const udp = await freePort();
const handler = createTrackerHandler({ tracker, clientAddress, logger: countingLogger, clock });
const httpServer = createServer((request, response) => handler.serve(request, response));
httpServer.listen(http, '127.0.0.1');
await once(httpServer, 'listening');
await createUdpListener({ tracker, clock, logger: countingLogger, host: '127.0.0.1', port: udp }).start();
announceReady({ http, udp });
