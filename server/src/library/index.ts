/** Torrents as the CMS knows them. */

export { createBackground, type Background } from './background';
export type { Torrent } from './catalog';
export type { EntryVersion } from './entry-state';
export {
  createLibrary,
  type Library,
  type LibraryOptions,
  type Swarms,
  type TorrentFileForReader,
} from './library';
export { registerOutput } from './output';
export { registerSigning } from './sign-uploads';
export { createTables, type Tables } from './tables';
export { isTorrentAttribute } from './torrent-fields';
