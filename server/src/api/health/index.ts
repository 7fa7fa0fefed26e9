/** `GET /api/bittorrent/health`. */
export {
  atMostOften,
  createHealth,
  type Health,
  type HealthPart,
  type HealthReport,
  type PartState,
} from './health';
export { createHealthController } from './health-controller';
export {
  databasePart,
  queuePart,
  serverPart,
  storagePart,
  trackerPart,
  warningPart,
  type Stock,
} from './parts';
