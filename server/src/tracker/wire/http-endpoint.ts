/**
 * The tracker over HTTP without its sockets: from a request's URL and source address to the body
 * of the answer. Strapi's port and a listener of our own share it.
 */
import { parseAddress } from '../address';
import type { AnnounceReply } from '../announce';
import type { Eventually } from '../clock';
import { TRACKER_ERRORS, type TrackerError } from '../errors';
import type { InfoHash } from '../info-hash';
import type { AddressFamily, SwarmCounts } from '../swarm/swarm-store';
import type { Tracker } from '../tracker';
import { createAnnouncePath, type TrackerTarget } from './announce-path';
import { emptyHttpAnnounce, parseAnnounceQuery } from './announce-query';
import { ByteWriter } from './byte-writer';
import { encodeFailure, encodeScrapeReply, writeAnnounceReply } from './http-reply';
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
  /**
   * The same for the URL in `bytes[from..to)`, which are done with when this returns.
   * @param out gets the body
   * @returns false for somebody else's URL; a promise when the body comes later, and not into `out`
   */
  write(
    bytes: Buffer,
    from: number,
    to: number,
    address: string,
    out: ByteWriter,
  ): boolean | Promise<string>;
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
  /** For those who come with strings. */
  let urlBytes = Buffer.allocUnsafeSlow(USUAL_URL);
  const bodyBytes = new ByteWriter();

  function announce(
    bytes: Buffer,
    to: number,
    address: string,
    out: ByteWriter,
  ): true | Promise<string> {
    const error = parseAnnounceQuery(bytes, target.queryFrom, to, target.passkey, request);
    if (error !== null) return writeText(failedAnnounce(address, error), out);
    const family = parseAddress(address, request.endpoint);
    if (family === 0) {
      return writeText(failedAnnounce(address, TRACKER_ERRORS['unusable-address']), out);
    }
    request.family = family;
    request.endpoint.writeUInt16BE(request.port, family === 4 ? 4 : 16);
    const outcome = tracker.announce(request);
    if (outcome instanceof Promise) return later(outcome);
    if (outcome.kind === 'failure') return writeText(encodeFailure(outcome), out);
    writeAnnounceReply(outcome, request, out);
    return true;
  }

  async function later(outcome: Promise<AnnounceReply | TrackerError>): Promise<string> {
    // `request` will hold another announce by the time the answer comes.
    const own = { ...request, endpoint: Buffer.from(request.endpoint) };
    const reply = await outcome;
    if (reply.kind === 'failure') return encodeFailure(reply);
    bodyBytes.length = 0;
    writeAnnounceReply(reply, own, bodyBytes);
    return bodyBytes.text();
  }

  function writeText(text: string, out: ByteWriter): true {
    out.reserve(text.length);
    out.latin1(text);
    return true;
  }

  function failedAnnounce(address: string, error: TrackerError): string {
    tracker.tally.announced('http', familyOf(address), error);
    return encodeFailure(error);
  }

  function scrape(bytes: Buffer, to: number, address: string): string {
    const family = parseAddress(address, scratch);
    const admitted = family === 0 || tracker.admits(scratch, family);
    const reply = admitted
      ? counts(bytes.toString('latin1', target.queryFrom, to))
      : TRACKER_ERRORS['rate-limited'];
    tracker.tally.scraped('http', familyOf(address), typeof reply === 'string' ? null : reply);
    return typeof reply === 'string' ? reply : encodeFailure(reply);
  }

  function counts(text: string): string | TrackerError {
    const query = parseScrapeQuery(text, 0, target.passkey);
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
      if (urlBytes.length < url.length) urlBytes = Buffer.allocUnsafeSlow(2 * url.length);
      const length = urlBytes.write(url, 'latin1');
      bodyBytes.length = 0;
      const written = this.write(urlBytes, 0, length, address, bodyBytes);
      if (written === false) return failedAnnounce(address, TRACKER_ERRORS['malformed-query']);
      return written === true ? bodyBytes.text() : written;
    },
    write(bytes, from, to, address, out) {
      if (!path.readBytes(bytes, from, to, target)) return false;
      if (target.action === 'announce') return announce(bytes, to, address, out);
      return writeText(scrape(bytes, to, address), out);
    },
  };
}

/** Bytes; longer ones are an attack, or carry a very long key. */
const USUAL_URL = 2048;
const scratch = new Uint8Array(16);

/** For counting: what is no address at all counts as IPv4. */
function familyOf(address: string): AddressFamily {
  return address.includes(':') ? 6 : 4;
}
