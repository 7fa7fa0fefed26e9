/** Real torrent clients on loopback, for tests. */

export { download, type DownloadOptions, type DownloadResult } from './download';
export { CLIENTS, type ClientName } from './drivers';
export type { Encryption } from './driver';
export { freePort } from './free-port';
export { makeHybrid, type Hybrid } from './hybrid';
export { libtorrentInfoHash, type InfoHashOptions } from './info-hash';
export { payloadHashes, sha256File } from './payload-hash';
export { MissingProgramError, requireProgram, requirePrograms, type Program } from './requirements';
export { seed, type Seed, type SeedOptions } from './seed';
export { makeLoopbackTransmission } from './transmission-loopback';
