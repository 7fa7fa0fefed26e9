/** `GET /api/bittorrent/metrics`. */
export { createMetrics, type Metrics } from './metrics';
export type { Numbers } from './numbers';
export { createMetricsController } from './metrics-controller';
