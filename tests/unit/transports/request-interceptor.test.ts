import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTracker } from '../../../server/src/tracker';
import {
  createClientAddress,
  createTrackerHandler,
  interceptRequests,
} from '../../../server/src/transports';
import { handClock, seededRandom } from '../../contract/swarm-fixtures';
import { ANNOUNCE } from '../tracker/malformed-announces';
import { decodeDictionary } from '../tracker/strict-bencode';
import { close, get, listen } from './http-servers';

let server: Server;
let port: number;
let putBack: () => void;
const handler = createTrackerHandler({
  tracker: createTracker({ gate: { admit: () => 0 }, clock: handClock(), random: seededRandom(1) }),
  clientAddress: createClientAddress({ trustedProxies: [] }),
  logger: { error: () => undefined },
  clock: handClock(),
});

beforeEach(async () => {
  server = await listen(createServer((_, response) => response.writeHead(418).end()));
  ({ port } = server.address() as AddressInfo);
  putBack = interceptRequests(server, handler);
});
afterEach(() => close(server));

it('answers the tracker’s requests and leaves the others to the application', async () => {
  const { body } = await get({ port }, `/announce?${ANNOUNCE}`);
  expect(decodeDictionary(body)).toHaveProperty('interval');
  expect((await get({ port }, '/api/articles')).status).toBe(418);
});

it('leaves all to the application when it is put back', async () => {
  putBack();
  expect((await get({ port }, `/announce?${ANNOUNCE}`)).status).toBe(418);
});

it('bears being wrapped by somebody else, and being put back then', async () => {
  const inner = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (request.url === '/socket') response.writeHead(204).end();
    else for (const listener of inner) listener.call(server, request, response);
  });
  expect((await get({ port }, '/socket')).status).toBe(204);
  expect((await get({ port }, `/announce?${ANNOUNCE}`)).status).toBe(200);
  putBack();
  expect((await get({ port }, `/announce?${ANNOUNCE}`)).status).toBe(418);
  expect((await get({ port }, '/socket')).status).toBe(204);
});
