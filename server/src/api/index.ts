/** The doors of REST, GraphQL and the admin panel: parse, ask the library, shape. */

import { mayReadEntry } from './admin-controller';

export { adminRoutes } from './admin-routes';
export { contentRoutes } from './content-routes';
export { registerGraphql } from './graphql';
export {
  createHealth,
  databasePart,
  queuePart,
  serverPart,
  storagePart,
  trackerPart,
  warningPart,
  type Health,
  type HealthPart,
} from './health';
export { createMetrics, createMetricsController, type Metrics } from './metrics';

/** Route policies by the names that routes use. */
export const policies = { 'may-read-entry': mayReadEntry };
