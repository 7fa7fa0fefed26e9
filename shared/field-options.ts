/** The custom field: its identity, its options and what is stored in the entry. */

export const PLUGIN_ID = 'bittorrent';
export const FIELD_NAME = 'torrent';
/** How a schema names the field: `"customField": "plugin::bittorrent.torrent"`. */
export const FIELD_UID = `plugin::${PLUGIN_ID}.${FIELD_NAME}` as const;

/** `v1` is the format every client reads; `hybrid` and `v2` come with BEP 52 support. */
export type TorrentFormat = 'v1';
/** BEP 27: `auto` sets the flag when the Public role cannot read the content type. */
export type PrivateMode = 'auto' | 'always' | 'never';

export interface TorrentFieldOptions {
  /** Sibling media attribute whose files make the torrent; empty: the editor picks files. */
  source?: string;
  format?: TorrentFormat;
  private?: PrivateMode;
  /** Offer the site itself as a BEP 19 web seed. Default true. */
  webSeed?: boolean;
  /** Let the site's own BitTorrent peer, the everseed, seed it. Default true. */
  seed?: boolean;
  /** Role types (`public`, `authenticated`, …) that may have the torrent; empty: the entry's permission alone. */
  roles?: string[];
}

/**
 * What the entry's row holds. Clients may send `files`, `confirmUnprotected` and `seed`; the server writes the
 * rest, and never believes it: the truth is in the plugin's own tables.
 */
export interface StoredTorrentField {
  /** `documentId`s of media picked in the field itself. */
  files?: string[];
  /** Key of the generation job that made (or makes) the torrent. */
  job?: string;
  revision?: number;
  /** The editor knows that the storage gives the files to anybody, and wants the torrent all the same. */
  confirmUnprotected?: true;
  /** The editor does not want the everseed to seed this one; left out otherwise. */
  seed?: false;
}
