/**
 * The tracker over `node:http`. It stands alone: nothing around it catches, logs or adds headers.
 * It never logs a URL, because URLs hold passkeys.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createHttpEndpoint, encodeFailure, TRACKER_ERRORS, type Tracker } from '../tracker';
import type { ClientAddress } from './client-address';
import { createFaultReporter, type Logger } from './fault-reporter';

export interface TrackerHandlerDeps {
  tracker: Tracker;
  clientAddress: ClientAddress;
  logger: Logger;
  /** Milliseconds, never going back. */
  clock: () => number;
  /** Path of announces, default `/announce`; the scrape path is derived from it. */
  announcePath?: string;
}

export interface TrackerHandler {
  /** Whether the request is the tracker's. One cheap comparison. */
  owns(request: IncomingMessage): boolean;
  /** Answers a request that it owns. Never throws. */
  serve(request: IncomingMessage, response: ServerResponse): void;
}

const METHOD_NOT_ALLOWED = encodeFailure(TRACKER_ERRORS['method-not-allowed']);
const INTERNAL = encodeFailure(TRACKER_ERRORS.internal);

export function createTrackerHandler({
  tracker,
  clientAddress,
  logger,
  clock,
  announcePath = '/announce',
}: TrackerHandlerDeps): TrackerHandler {
  const endpoint = createHttpEndpoint({ tracker, announcePath });
  const report = createFaultReporter({ logger, clock });

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '' } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      refuseMethod(response);
      return;
    }
    const body = endpoint.answer(url, clientAddress(request));
    if (typeof body === 'string') send(response, body);
    else body.then((text) => send(response, text)).catch((error: unknown) => fail(response, error));
  }

  /** Beyond this point nobody would catch. */
  function fail(response: ServerResponse, error: unknown): void {
    try {
      report('an announce or scrape', error);
      send(response, INTERNAL);
    } catch {
      response.destroy(); // logger or socket are broken; the client will come again
    }
  }

  return {
    owns: ({ url = '' }) => endpoint.owns(url),
    serve(request, response) {
      try {
        answer(request, response);
      } catch (error) {
        fail(response, error);
      }
    },
  };
}

/** @param body one character per byte */
function send(response: ServerResponse, body: string): void {
  // An answer from a slow store may come when the client has gone.
  if (response.headersSent || response.destroyed) return;
  // Labelled as other trackers do; a cached peer list would be a stale one.
  response.writeHead(200, [
    'Content-Type',
    'text/plain',
    'Cache-Control',
    'no-store',
    'Content-Length',
    String(body.length),
  ]);
  response.end(body, 'latin1');
}

function refuseMethod(response: ServerResponse): void {
  response.writeHead(405, {
    'Content-Type': 'text/plain',
    'Cache-Control': 'no-store',
    'Content-Length': METHOD_NOT_ALLOWED.length,
    Allow: 'GET, HEAD',
    Connection: 'close', // spares us the rest of a body that nobody reads
  });
  response.end(METHOD_NOT_ALLOWED, 'latin1');
}
