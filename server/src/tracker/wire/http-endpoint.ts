/**
 * The tracker over HTTP without its sockets: from a request's URL and source address to the body
 * of the answer. Strapi's port and a listener of our own share it.
 */
import { parseAddress } from '../address';
import type { Eventually } from '../clock';
import { TRACKER_ERRORS, type TrackerError } from '../errors';
import type { InfoHash } from '../info-hash';
import type { AddressFamily, SwarmCounts } from '../swarm/swarm-store';
import type { Tracker } from '../tracker';
import { createAnnouncePath, type TrackerTarget } from './announce-path';
import { emptyHttpAnnounce, parseAnnounceQuery } from './announce-query';
import { encodeAnnounceReply, encodeFailure, encodeScrapeReply } from './http-reply';
import { parseScrapeQuery } from './scrape-query';

export interface HttpEndpoint {
  /** Whether the URL of a request is the tracker's. One cheap comparison. */
  owns(url: string): boolean;
  /**
   * @param url as it stands in the request line (`req.url`), undecoded
   * @param address of the client, as text
   * @returns the bencoded body, one character per byte
   */
  answer(url: string, address: string): Eventually<string>;
}

export interface HttpEndpointDeps {
  tracker: Tracker;
  /** Path of announces, default `/announce`. */
  announcePath?: string;
}

export function createHttpEndpoint({
  tracker,
  announcePath = '/announce',
}: HttpEndpointDeps): HttpEndpoint {
  const path = createAnnouncePath(announcePath);
  const target: TrackerTarget = { action: 'announce', passkey: null, queryFrom: 0 };
  const request = emptyHttpAnnounce();

  function announce(url: string, address: string): Eventually<string> {
    const error = parseAnnounceQuery(url, target.queryFrom, target.passkey, request);
    if (error !== null) return failedAnnounce(address, error);
    const family = parseAddress(address, request.endpoint);
    if (family === 0) return failedAnnounce(address, TRACKER_ERRORS['unusable-address']);
    request.family = family;
    request.endpoint.writeUInt16BE(request.port, family === 4 ? 4 : 16);
    const outcome = tracker.announce(request);
    if (outcome instanceof Promise) {
      // `request` will hold another announce by the time the answer comes.
      const own = { ...request, endpoint: Buffer.from(request.endpoint) };
      return outcome.then((reply) =>
        reply.kind === 'failure' ? encodeFailure(reply) : encodeAnnounceReply(reply, own),
      );
    }
    return outcome.kind === 'failure'
      ? encodeFailure(outcome)
      : encodeAnnounceReply(outcome, request);
  }

  function failedAnnounce(address: string, error: TrackerError): string {
    tracker.tally.announced('http', familyOf(address), error);
    return encodeFailure(error);
  }

  function scrape(url: string, address: string): string {
    const family = parseAddress(address, scratch);
    const admitted = family === 0 || tracker.admits(scratch, family);
    const reply = admitted ? counts(url) : TRACKER_ERRORS['rate-limited'];
    tracker.tally.scraped('http', familyOf(address), typeof reply === 'string' ? null : reply);
    return typeof reply === 'string' ? reply : encodeFailure(reply);
  }

  function counts(url: string): string | TrackerError {
    const query = parseScrapeQuery(url, target.queryFrom, target.passkey);
    if (query.kind === 'failure') return query;
    const entries: [InfoHash, SwarmCounts][] = [];
    for (const infoHash of query.infoHashes) {
      const counts = tracker.scrape(infoHash, query.passkey);
      if (!('kind' in counts)) entries.push([infoHash, counts]);
      else if (counts === TRACKER_ERRORS.starting) return counts;
      // Otherwise the hash is just not there, be it unknown or forbidden.
    }
    return encodeScrapeReply(entries, tracker.config.minInterval);
  }

  return {
    owns: (url) => path.owns(url),
    answer(url, address) {
      if (!path.read(url, target))
        return failedAnnounce(address, TRACKER_ERRORS['malformed-query']);
      return target.action === 'announce' ? announce(url, address) : scrape(url, address);
    },
  };
}

const scratch = new Uint8Array(16);

/** For counting: what is no address at all counts as IPv4. */
function familyOf(address: string): AddressFamily {
  return address.includes(':') ? 6 : 4;
}
