/**
 * Peer: the `/server` export of npm's `bittorrent-tracker`, all three transports, with a list of
 * torrents as its `filter`. Bundled into the folder where the package is installed.
 */
import type { AddressInfo } from 'node:net';
import { REGISTERED } from '../scenario';
import { announceReady } from './ready';

interface Server {
  http: { address(): AddressInfo };
  udp: { address(): AddressInfo };
  on(event: 'warning' | 'error', listener: (error: Error) => void): void;
  listen(port: number, host: object, ready: () => void): void;
}

interface ServerOptions {
  stats: boolean;
  filter(infoHash: string, params: object, done: (error: Error | null) => void): void;
}

const specifier = 'bittorrent-tracker/server';
const { default: TrackerServer } = (await import(specifier)) as {
  default: new (options: ServerOptions) => Server;
};

const admitted = new Set(REGISTERED.map((hash) => hash.toString('hex')));
const server = new TrackerServer({
  stats: false,
  filter: (infoHash, _, done) => done(admitted.has(infoHash) ? null : new Error('not registered')),
});
server.on('warning', () => undefined);
server.on('error', (error) => {
  throw error;
});
server.listen(0, { http: '127.0.0.1', udp: '127.0.0.1', udp6: '::1' }, () => {
  const http = server.http.address().port;
  announceReady({ http, ws: http, udp: server.udp.address().port });
});
