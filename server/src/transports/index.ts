/** The tracker's doors: sockets and nothing else. What is said through them is `tracker`'s business. */
export {
  createClientAddress,
  type ClientAddress,
  type ClientAddressDeps,
  type ForwardedRequest,
} from './client-address';
export {
  createTrackerHandler,
  type TrackerHandler,
  type TrackerHandlerDeps,
} from './tracker-handler';
export { createHttpListener, type HttpListener, type HttpListenerDeps } from './http-listener';
export { frontConnections, type HttpFront, type HttpFrontDeps } from './http-front';
export { interceptRequests } from './request-interceptor';
export { createFaultReporter, type FaultReporter, type Logger } from './fault-reporter';
export { createUdpListener, type UdpListener, type UdpListenerDeps } from './udp-listener';
export { createWebSocketDoor, type WebSocketDoor, type WebSocketDoorDeps } from './websocket-door';
export { ORIGIN_PATTERN } from './websocket-origins';
