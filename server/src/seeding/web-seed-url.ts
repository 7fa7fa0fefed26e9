/** Where the web seed answers, below the site's root. */
export const WEB_SEED_PATH = '/webseed';

export interface WebSeedUrlParts {
  /** The site's configured public URL; with or without a final slash. Never made from a Host header. */
  publicUrl: string;
  /** `public` or a reader's own token. In the path: in a query it breaks multi-file torrents everywhere. */
  token: string;
  /** 40 lower-case hex digits. */
  infoHash: string;
  /** `info.name`. */
  name: string;
  /** True when the info dictionary has `files`. */
  multiFile: boolean;
}

/**
 * The `url-list` entry (BEP 19) that every client gets right. Single file: the full URL, because
 * webtorrent appends no name. Multi-file: a base ending in `/`, because Transmission and webtorrent
 * add no slash before `<name>/<path>`.
 */
export function webSeedUrl({
  publicUrl,
  token,
  infoHash,
  name,
  multiFile,
}: WebSeedUrlParts): string {
  const base = `${publicUrl.replace(/\/+$/, '')}${WEB_SEED_PATH}/${encode(token)}/${infoHash}/`;
  return multiFile ? base : base + encode(name);
}

/** Everything but RFC 3986's unreserved characters: what is left no client escapes a second time. */
const encode = (segment: string): string =>
  encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
