/** The tracker alone, over HTTP and UDP on one loopback address, for clients that announce to it. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createTracker,
  infoHashFromHex,
  type AnnounceRequest,
  type SwarmCounts,
  type Tracker,
} from '../../server/src/tracker';
import {
  createClientAddress,
  createTrackerHandler,
  createUdpListener,
} from '../../server/src/transports';

export interface TrackerSite {
  /** `http://…/announce` and `udp://…/announce`, on the same port. */
  http: string;
  udp: string;
  /** Announces so far, in their order. */
  announces: Pick<AnnounceRequest, 'transport' | 'event' | 'family' | 'left' | 'passkey'>[];
  scrapes: number;
  /** Lines of the log: there should be none. */
  complaints: string[];
  counts(infoHash: string): SwarmCounts;
  stop(): Promise<void>;
}

/** @param host `127.0.0.1` or `::1` */
export async function startTrackerSite(host = '127.0.0.1'): Promise<TrackerSite> {
  const clock = (): number => performance.now();
  const complaints: string[] = [];
  const logger = { error: (line: string) => complaints.push(line) };
  const tracker = createTracker({ gate: { admit: () => 0 }, clock, random: Math.random });
  const announces: TrackerSite['announces'] = [];
  const site = { scrapes: 0 };
  const watched: Tracker = {
    ...tracker,
    announce(request) {
      const { transport, event, family, left, passkey } = request;
      announces.push({ transport, event, family, left, passkey });
      return tracker.announce(request);
    },
    scrape(infoHash, passkey) {
      site.scrapes += 1;
      return tracker.scrape(infoHash, passkey);
    },
  };
  const handler = createTrackerHandler({
    tracker: watched,
    clientAddress: createClientAddress({ trustedProxies: [] }),
    logger,
    clock,
  });
  const server = http.createServer((request, response) => {
    if (handler.owns(request)) handler.serve(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const udp = createUdpListener({ tracker: watched, host, port, logger, clock });
  await udp.start();
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    http: `http://${authority}/announce`,
    udp: `udp://${authority}/announce`,
    announces,
    complaints,
    get scrapes() {
      return site.scrapes;
    },
    counts(hex) {
      const infoHash = infoHashFromHex(hex);
      if (infoHash === null) throw new RangeError(`not an info-hash: ${hex}`);
      return tracker.counts(infoHash);
    },
    async stop() {
      await udp.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
