/**
 * What makes the URL of a protected upload a signed one: for whom, until when, and a MAC. It names its
 * holder instead of being a right of its own, so that whoever loses the right loses the URL with it.
 */

import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Somebody known by an id whose rights are asked anew at every request; Public needs no ticket. */
export interface TicketHolder {
  readonly kind: 'user' | 'api-token' | 'admin';
  readonly id: number;
}

export interface UploadTickets {
  /** Query of a signed URL, without the question mark. */
  issue(path: string, holder: TicketHolder): string;
  /** `null`: forged, for another file, or expired. */
  verify(path: string, query: string): TicketHolder | null;
}

export interface UploadTicketsDeps {
  /** The server's secret; text of any length. */
  secret: string;
  /** Seconds for which a URL works at most; at least half of it when it is handed out. */
  ttl: number;
  /** Milliseconds since 1970. */
  now: () => number;
}

const MAC_BYTES = 16;
const LETTER_OF = { user: 'u', 'api-token': 't', admin: 'a' } as const;
const QUERY_PATTERN = /^expires=(\d{1,12})&for=([uta])(\d{1,15})&sig=([\w-]{22})$/;

export function createUploadTickets({ secret, ttl, now }: UploadTicketsDeps): UploadTickets {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'bittorrent signed upload', 32));

  const mac = (path: string, expires: string, holder: string): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([path, expires, holder]))
      .digest()
      .subarray(0, MAC_BYTES);

  /** The same for half a life: a player is not started anew because its page fetched the entry again. */
  function expiry(): number {
    const half = Math.max(1, Math.floor(ttl / 2));
    return (Math.floor(now() / 1000 / half) + 2) * half;
  }

  return {
    issue(path, { kind, id }) {
      const expires = String(expiry());
      const holder = `${LETTER_OF[kind]}${id}`;
      const sig = mac(path, expires, holder).toString('base64url');
      return `expires=${expires}&for=${holder}&sig=${sig}`;
    },
    verify(path, query) {
      const [, expires, letter, id, sig] = QUERY_PATTERN.exec(query) ?? [];
      if (expires === undefined || letter === undefined || sig === undefined) return null;
      const expected = mac(path, expires, `${letter}${id ?? ''}`);
      if (!timingSafeEqual(expected, Buffer.from(sig, 'base64url'))) return null;
      if (Number(expires) * 1000 <= now()) return null;
      const kind = letter === 'u' ? 'user' : letter === 't' ? 'api-token' : 'admin';
      return { kind, id: Number(id) };
    },
  };
}
