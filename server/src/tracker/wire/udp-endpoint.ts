/**
 * The tracker over UDP without its sockets (BEP 15): from a packet and its source to the packet that
 * answers it, or to silence. Whoever forges his address gets nobody any byte but the 16 of a
 * connect, for 16 of his own; everything else needs an id that only the address's owner has seen.
 */
import { parseAddress } from '../address';
import type { AnnounceReply } from '../announce';
import type { Clock } from '../clock';
import { TRACKER_ERRORS, type TrackerError } from '../errors';
import { INFO_HASH_BYTES } from '../info-hash';
import type { AddressFamily, SwarmCounts } from '../swarm/swarm-store';
import type { Tracker } from '../tracker';
import { createAnnouncePath } from './announce-path';
import { InfoHashCache } from './info-hash-cache';
import { emptyUdpAnnounce, readUdpAnnounce } from './udp-announce';
import { UdpAnswer } from './udp-answer';
import { createConnectionIds } from './udp-connection-id';
import * as udp from './udp-packet';
import { writeAnnounceReply, writeCounts, writeError, writeHead } from './udp-reply';

/** Why a packet is not answered; a finite list, for metrics. */
type UdpSilence = 'source' | 'malformed' | 'connection-id' | 'action';

export interface UdpEndpoint {
  /**
   * @param address of the sender, as text
   * @param port that it was sent from
   * @param out has room for the longest answer; not touched after this call has returned
   * @returns how many of its bytes are the answer, 0 for none; from a store on the network a
   *   promise of a packet of its own
   */
  answer(packet: Buffer, address: string, port: number, out: UdpAnswer): number | Promise<Buffer>;
}

export interface UdpEndpointDeps {
  tracker: Tracker;
  clock: Clock;
  /** 16 random bytes, made anew at each start. */
  secret: Uint8Array;
  /** Path of announces, default `/announce`: what stands below it is a passkey (BEP 41). */
  announcePath?: string;
}

const NOBODY: SwarmCounts = { seeders: 0, leechers: 0, downloaders: 0, completed: 0 };

export function createUdpEndpoint(deps: UdpEndpointDeps): UdpEndpoint {
  const { tracker, clock, secret, announcePath = '/announce' } = deps;
  const ids = createConnectionIds({ clock, secret });
  const path = createAnnouncePath(announcePath);
  const hashes = new InfoHashCache();
  const request = emptyUdpAnnounce();

  function silence(reason: UdpSilence): 0 {
    tracker.tally.dropped(`udp-${reason}`);
    return 0;
  }

  function refuse(out: Buffer, transaction: number, error: TrackerError): number {
    tracker.tally.announced('udp', request.family, error);
    return writeError(out, transaction, error);
  }

  function refuseScrape(out: Buffer, transaction: number, error: TrackerError): number {
    tracker.tally.scraped('udp', request.family, error);
    return writeError(out, transaction, error);
  }

  function connect(packet: Buffer, transaction: number, out: Buffer): number {
    const isConnect =
      udp.readWord(packet, 0) === udp.PROTOCOL_ID.high &&
      udp.readWord(packet, 4) === udp.PROTOCOL_ID.low;
    if (!isConnect) return silence('malformed');
    ids.write(
      request.endpoint,
      request.family,
      out,
      writeHead(out, udp.ACTION.connect, transaction),
    );
    return udp.CONNECT_BYTES;
  }

  function announce(packet: Buffer, transaction: number, out: UdpAnswer): number | Promise<Buffer> {
    const { length } = packet;
    if (length < udp.ANNOUNCE_BYTES || length > udp.MAX_ANNOUNCE_BYTES) return silence('malformed');
    const problem = readUdpAnnounce(packet, path, hashes, request);
    if (problem === 'truncated') return silence('malformed');
    if (problem !== null) return refuse(out.bytes, transaction, problem);
    const outcome = tracker.announce(request);
    if (outcome instanceof Promise) return later(outcome, transaction, request.family);
    return write(out, transaction, request.family, outcome);
  }

  /** Options are for announces only (BEP 41), so this is without a passkey. */
  function scrape(packet: Buffer, transaction: number, out: Buffer): number {
    if (!tracker.admits(request.endpoint, request.family)) {
      return refuseScrape(out, transaction, TRACKER_ERRORS['rate-limited']);
    }
    const count = Math.floor((packet.length - udp.CONNECT_BYTES) / INFO_HASH_BYTES);
    if (count === 0) return refuseScrape(out, transaction, TRACKER_ERRORS['missing-info-hash']);
    let at = writeHead(out, udp.ACTION.scrape, transaction);
    for (let i = 0; i < Math.min(count, udp.MAX_SCRAPE); i += 1) {
      const from = udp.CONNECT_BYTES + i * INFO_HASH_BYTES;
      const counts = tracker.scrape(hashes.read(packet, from), null);
      if (counts === TRACKER_ERRORS.starting) return refuseScrape(out, transaction, counts);
      // Zeroes, be it unknown or forbidden: the answers stand in the order of the hashes.
      at = writeCounts(out, at, 'kind' in counts ? NOBODY : counts);
    }
    tracker.tally.scraped('udp', request.family, null);
    return at;
  }

  return {
    answer(packet, address, port, out) {
      if (port === 0) return silence('source');
      if (packet.length < udp.CONNECT_BYTES) return silence('malformed');
      const family = parseAddress(address, request.endpoint);
      if (family === 0) return silence('source');
      request.family = family;
      const action = udp.readWord(packet, udp.ACTION_AT);
      const transaction = udp.readWord(packet, udp.TRANSACTION_AT);
      if (action === udp.ACTION.connect) return connect(packet, transaction, out.bytes);
      if (action !== udp.ACTION.announce && action !== udp.ACTION.scrape) return silence('action');
      if (!ids.areIn(packet, request.endpoint, family)) return silence('connection-id');
      return action === udp.ACTION.announce
        ? announce(packet, transaction, out)
        : scrape(packet, transaction, out.bytes);
    },
  };
}

function write(
  out: UdpAnswer,
  transaction: number,
  family: AddressFamily,
  outcome: AnnounceReply | TrackerError,
): number {
  return outcome.kind === 'failure'
    ? writeError(out.bytes, transaction, outcome)
    : writeAnnounceReply(out, transaction, family, outcome);
}

async function later(
  outcome: Promise<AnnounceReply | TrackerError>,
  transaction: number,
  family: AddressFamily,
): Promise<Buffer> {
  const own = new UdpAnswer();
  return own.first(write(own, transaction, family, await outcome));
}
