/**
 * The tracker over `node:http`, on Strapi's port. It stands alone: nothing around it catches, logs
 * or adds headers.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { encodeFailure, TRACKER_ERRORS } from '../tracker';
import { createHttpAnswers, type HttpAnswersDeps } from './http-answers';

export type TrackerHandlerDeps = HttpAnswersDeps;

export interface TrackerHandler {
  /** Whether the request is the tracker's. One cheap comparison. */
  owns(request: IncomingMessage): boolean;
  /** Answers a request that it owns. Never throws. */
  serve(request: IncomingMessage, response: ServerResponse): void;
}

const METHOD_NOT_ALLOWED = encodeFailure(TRACKER_ERRORS['method-not-allowed']);

export function createTrackerHandler(deps: TrackerHandlerDeps): TrackerHandler {
  const answers = createHttpAnswers(deps);

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '' } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      refuseMethod(response);
      return;
    }
    const body = answers.bodyFor(url, request);
    if (typeof body === 'string') send(response, body);
    else void body.then((text) => guarded(response, () => send(response, text)));
  }

  /** Beyond this point nobody would catch. */
  function guarded(response: ServerResponse, work: () => void): void {
    try {
      work();
    } catch (error) {
      answers.report('answering an announce or scrape', error);
      response.destroy(); // the client will come again
    }
  }

  return {
    owns: ({ url = '' }) => answers.owns(url),
    serve: (request, response) => guarded(response, () => answer(request, response)),
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
