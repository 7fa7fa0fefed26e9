/** A page with WebTorrent in it, and what tests use of it. */

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const SCRIPT = join(__dirname, '../../third-party/node_modules/webtorrent/dist/webtorrent.min.js');

interface TorrentFile {
  path: string;
  blob(): Promise<Blob>;
}
export interface Torrent {
  magnetURI: string;
  infoHash: string;
  files: TorrentFile[];
  on(event: 'done' | 'warning' | 'error', listener: (error: Error) => void): void;
}
interface WebTorrentClient {
  seed(input: File, options: object, onSeed: (torrent: Torrent) => void): Torrent;
  add(
    torrent: string | Uint8Array,
    options: object,
    onTorrent: (torrent: Torrent) => void,
  ): Torrent;
  on(event: 'error', listener: (error: Error) => void): void;
}
declare global {
  interface Window {
    client: WebTorrentClient;
    /** What WebTorrent warned of. */
    warnings: string[];
  }
}

const PAGE = `<!doctype html><link rel="icon" href="data:,"><script type="module">
  import WebTorrent from '/webtorrent.js';
  window.warnings = [];
  // No STUN server is asked: nothing leaves the machine.
  const tracker = { rtcConfig: { iceServers: [] } };
  window.client = new WebTorrent({ dht: false, lsd: false, tracker });
</script>`;

/** Answers the script at its path, and the page at every other one. */
export async function webTorrentPage(): Promise<RequestListener> {
  const script = await readFile(SCRIPT);
  return ({ url }, response) => {
    const isScript = url === '/webtorrent.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : PAGE);
  };
}

/** The page on a server, and so on an origin, of its own. */
export async function startPageServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer(await webTorrentPage()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
