/** Ours, without Strapi: the tracker behind its own listeners and the plugin's real gate. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSignalling, createTracker } from '../../../server/src/tracker';
import { createClientAddress } from '../../../server/src/transports';
import { createHttpListener } from '../../../server/src/transports/http-listener';
import { createUdpListener } from '../../../server/src/transports/udp-listener';
import { createWebSocketDoor } from '../../../server/src/transports/websocket-door';
import { createRealGate } from '../real-gate';
import { REGISTERED } from '../scenario';
import { freePort } from './free-port';
import { announceReady, countingLogger } from './ready';

const host = '127.0.0.1';
const clock = (): number => performance.now();
const gate = createRealGate(REGISTERED);
const tracker = createTracker({
  gate,
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
const signalling = createSignalling({
  gate,
  clock,
  random: Math.random,
  completed: { of: () => 0, count: () => undefined },
  onFault: () => countingLogger.error(),
});
// As on Strapi: upgrades on a server that does something else as well.
const webServer = createServer((_request, response) => response.writeHead(404).end());
const door = createWebSocketDoor({ signalling, clientAddress, clock, logger: countingLogger });
door.attachTo(webServer);
webServer.listen(0, host);

tracker.start();
door.start();
await Promise.all([httpListener.start(), udpListener.start(), once(webServer, 'listening')]);
announceReady({ http: httpListener.port, udp, ws: (webServer.address() as AddressInfo).port });
