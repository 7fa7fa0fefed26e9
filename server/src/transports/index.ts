/** The tracker's doors: sockets and nothing else. What is said through them is `tracker`'s business. */
export {
  createClientAddress,
  type ClientAddress,
  type ClientAddressDeps,
  type ForwardedRequest,
} from './client-address';
export {
  createTrackerMiddleware,
  type MiddlewareContext,
  type TrackerMiddleware,
} from './tracker-middleware';
export {
  createTrackerHandler,
  type TrackerHandler,
  type TrackerHandlerDeps,
} from './tracker-handler';
export { interceptRequests } from './request-interceptor';
export { createFaultReporter, type FaultReporter, type Logger } from './fault-reporter';
export { createWebSocketDoor, type WebSocketDoor, type WebSocketDoorDeps } from './websocket-door';
export { ORIGIN_PATTERN } from './websocket-origins';
