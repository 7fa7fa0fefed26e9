/** The web seed's request target: `/webseed/<token>/<infoHash>/<torrent name>[/<file path>]`. Pure. */

import { isUtf8 } from 'node:buffer';

export interface WebSeedRequest {
  /** `public` or a reader's own token. */
  token: string;
  /** 40 lower-case hex digits. */
  infoHash: string;
  /** Decoded, torrent name first, `/` between segments; '' when the URL ends after the info-hash. */
  path: string;
}

/** `malformed`: not even text (400). `unknown`: text that can name no file of a torrent (404). */
export type ParsedWebSeedPath =
  { kind: 'request'; request: WebSeedRequest } | { kind: 'malformed' } | { kind: 'unknown' };

/**
 * The raw path below `basePath`, query cut off; `undefined` for every other URL. Runs on each request
 * of the site, hence the comparison of a prefix before anything is taken apart.
 */
export function pathBelow(basePath: string, target: string): string | undefined {
  const path = target.startsWith('/') ? target : absoluteFormPath(target);
  if (!path.startsWith(basePath)) return undefined;
  const query = path.indexOf('?');
  const below = path.slice(basePath.length, query === -1 ? undefined : query);
  return below === '' || below.startsWith('/') ? below : undefined;
}

/** `GET http://host/path`: a server must understand it (RFC 9112 section 3.2.2); the host is not used. */
const absoluteFormPath = (target: string): string => target.replace(/^https?:\/\/[^/?]*/i, '');

/** `below` as `pathBelow` gives it. */
export function parseWebSeedPath(below: string): ParsedWebSeedPath {
  const segments: string[] = [];
  for (const raw of below.split('/').slice(1)) {
    const segment = percentDecode(raw);
    if (segment === null) return { kind: 'malformed' };
    segments.push(segment);
  }
  const [token, hash, ...path] = segments;
  if (path.length === 1 && path[0] === '') path.pop(); // the final slash of a multi-file base
  if (token === undefined || hash === undefined) return { kind: 'unknown' };
  if (!/^[0-9a-f]{40}$/i.test(hash) || ![token, ...path].every(isName)) return { kind: 'unknown' };
  return {
    kind: 'request',
    request: { token, infoHash: hash.toLowerCase(), path: path.join('/') },
  };
}

/** A separator inside a segment can only come from an escape: it would name another path. */
const isName = (segment: string): boolean =>
  segment !== '' && segment !== '.' && segment !== '..' && !/[/\\]/.test(segment);

/**
 * Exactly once, `+` stays `+`. Clients differ in what they escape and in the case of the digits.
 * Raw UTF-8 gets past Node's parser only with `insecureHTTPParser`, as one character per byte. `null`: a
 * broken escape, bytes that are not UTF-8, or NUL.
 */
function percentDecode(raw: string): string | null {
  if (/^[!-$&-~]*$/.test(raw)) return raw;
  const bytes = Buffer.alloc(raw.length);
  let length = 0;
  for (let at = 0; at < raw.length; at += 1) {
    let byte = raw.charCodeAt(at);
    if (byte === 0x25) {
      const digits = raw.slice(at + 1, at + 3);
      if (!/^[0-9a-f]{2}$/i.test(digits)) return null;
      byte = Number.parseInt(digits, 16);
      at += 2;
    }
    if (byte === 0 || byte > 0xff) return null;
    bytes[length] = byte;
    length += 1;
  }
  const decoded = bytes.subarray(0, length);
  return isUtf8(decoded) ? decoded.toString('utf8') : null;
}
