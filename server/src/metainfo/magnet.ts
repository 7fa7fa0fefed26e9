/** Magnet links (BEP 9). */

export interface MagnetParts {
  infoHash: string;
  name: string;
  /** Announce URLs. */
  trackers: readonly string[];
  webSeeds: readonly string[];
  /** Where the .torrent itself can be fetched: spares the metadata exchange between peers. */
  exactSource?: string | undefined;
  /** Bytes. */
  size: number;
}

export function magnetLink(parts: MagnetParts): string {
  // `xt` must not be escaped: several clients look for the literal `urn:btih:`.
  return [
    `magnet:?xt=urn:btih:${parts.infoHash}`,
    `dn=${escape(parts.name)}`,
    `xl=${parts.size}`,
    ...parts.trackers.map((url) => `tr=${escape(url)}`),
    ...parts.webSeeds.map((url) => `ws=${escape(url)}`),
    ...(parts.exactSource === undefined ? [] : [`xs=${escape(parts.exactSource)}`]),
  ].join('&');
}

/** `encodeURIComponent` leaves `'()*!` alone, which chat programs and shells cut links at. */
function escape(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
