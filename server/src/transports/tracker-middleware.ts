/**
 * The tracker on Strapi's port: a Koa middleware that stands in front of every other one. For a
 * request that is not the tracker's it costs one comparison.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createTrackerHandler, type TrackerHandlerDeps } from './tracker-handler';

/** What the middleware needs of a Koa context. */
export interface MiddlewareContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  respond?: boolean | undefined;
}

export type TrackerMiddleware = (
  context: MiddlewareContext,
  next: () => Promise<unknown>,
) => Promise<unknown> | undefined;

export function createTrackerMiddleware(deps: TrackerHandlerDeps): TrackerMiddleware {
  const handler = createTrackerHandler(deps);

  return function trackerMiddleware(context, next) {
    const { req, res } = context;
    if (!handler.owns(req)) return next();
    context.respond = false; // the body is bytes, not what Koa makes of a body
    handler.serve(req, res);
    return undefined;
  };
}
