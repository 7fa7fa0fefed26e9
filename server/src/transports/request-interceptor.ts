/**
 * Puts the tracker and the web seed in front of a whole application instead of its first middlewares:
 * the framework spends a quarter of an announce's time on a context that they have no use for. Other
 * plugins do the same to a server (socket.io, for one), so it has to bear being wrapped itself.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** What a door below the framework is to the server. */
export interface RequestHandler {
  /** Whether the request is the door's. One cheap comparison. */
  owns(request: IncomingMessage): boolean;
  /** Answers a request that it owns. Never throws. */
  serve(request: IncomingMessage, response: ServerResponse): void;
}

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * From now on `handler` gets the server's requests first, and the listeners that are there now
 * those that it does not own.
 * @returns puts things back: all requests go to those listeners again
 */
export function interceptRequests(server: Server, handler: RequestHandler): () => void {
  const listeners = server.listeners('request') as RequestListener[];
  let isActive = true;

  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (isActive && handler.owns(request)) {
      handler.serve(request, response);
      return;
    }
    for (const listener of listeners) listener.call(server, request, response);
  });

  return () => {
    // Not taken off: somebody may have wrapped us meanwhile and would go on calling us.
    isActive = false;
  };
}
