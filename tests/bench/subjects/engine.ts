/** Ours, without Strapi: the tracker behind its own listeners and the plugin's real gate. */
import { createTracker } from '../../../server/src/tracker';
import { createClientAddress } from '../../../server/src/transports';
import { createHttpListener } from '../../../server/src/transports/http-listener';
import { createUdpListener } from '../../../server/src/transports/udp-listener';
import { createRealGate } from '../real-gate';
import { REGISTERED } from '../scenario';
import { freePort } from './free-port';
import { announceReady, countingLogger } from './ready';

const host = '127.0.0.1';
const clock = (): number => performance.now();
const tracker = createTracker({
  gate: createRealGate(REGISTERED),
  clock,
  random: Math.random,
  onFault: () => countingLogger.error(),
});
const clientAddress = createClientAddress({ trustedProxies: [] });
const udp = await freePort();
const httpListener = createHttpListener({
  tracker,
  clientAddress,
  clock,
  logger: countingLogger,
  host,
  port: 0,
});
const udpListener = createUdpListener({ tracker, clock, logger: countingLogger, host, port: udp });

tracker.start();
await Promise.all([httpListener.start(), udpListener.start()]);
announceReady({ http: httpListener.port, udp });
