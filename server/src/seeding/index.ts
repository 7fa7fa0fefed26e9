export {
  createUploadsGuard,
  type AdmittedUpload,
  type UploadAnswer,
  type UploadsGuard,
  type UploadsGuardDeps,
} from './uploads-guard';
export {
  createWebSeedHandler,
  type FileAnswer,
  type WebSeedAnswer,
  type WebSeedDeps,
  type WebSeedHandler,
  type WebSeedLimits,
  type WebSeedLogger,
  type WebSeedRefusal,
  type WebSeedRequest,
} from './web-seed';
export { createByteBudget, type ByteBudget } from './byte-budget';
export type { Grant } from './grant';
export { WEB_SEED_PATH, webSeedUrl, type WebSeedUrlParts } from './web-seed-url';
export {
  createEverseed,
  type Everseed,
  type EverseedDeps,
  type EverseedLogger,
} from './everseed/everseed';
export { testReachability } from './everseed/self-test';
export type { SeedFile, SeedSource } from './everseed/seed-torrent';
