/** Torrents as the CMS knows them. */

export { createBackground, type Background } from './background';
export { createChanges } from './changes';
export type { Torrent } from './catalog';
export type { EntryVersion } from './entry-state';
export { createLibrary } from './create-library';
export type { Library, LibraryOptions, Swarms } from './library';
export { retrying } from './retry';
export type { TorrentFileForReader } from './personal';
export { registerOutput } from './output';
export { registerSigning } from './sign-uploads';
export { createTables, type Tables } from './tables';
export { isTorrentAttribute } from './torrent-fields';
