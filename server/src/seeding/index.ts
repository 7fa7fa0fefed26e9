export {
  createUploadsGuard,
  type AdmittedUpload,
  type UploadAnswer,
  type UploadsGuard,
  type UploadsGuardDeps,
} from './uploads-guard';
export {
  createWebSeedMiddleware,
  type FileAnswer,
  type WebSeedAnswer,
  type WebSeedDeps,
  type WebSeedLogger,
  type WebSeedRequest,
} from './web-seed';
export { WEB_SEED_PATH, webSeedUrl, type WebSeedUrlParts } from './web-seed-url';
export {
  createEverseed,
  type Everseed,
  type EverseedDeps,
  type EverseedLogger,
} from './everseed/everseed';
export type { SeedSource } from './everseed/seed-torrent';
