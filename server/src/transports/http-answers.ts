/** What both HTTP transports have in common: the body of an answer, come what may. */
import {
  createHttpEndpoint,
  encodeFailure,
  TRACKER_ERRORS,
  type ByteWriter,
  type Eventually,
  type Tracker,
} from '../tracker';
import type { ClientAddress, ForwardedRequest } from './client-address';
import { createFaultReporter, type FaultReporter, type Logger } from './fault-reporter';

export interface HttpAnswersDeps {
  tracker: Tracker;
  clientAddress: ClientAddress;
  logger: Logger;
  /** Milliseconds, never going back. */
  clock: () => number;
  /** Path of announces, default `/announce`; the scrape path is derived from it. */
  announcePath?: string;
}

export interface HttpAnswers {
  /** Whether a URL is the tracker's. One cheap comparison. */
  owns(url: string): boolean;
  /**
   * The bencoded body for a URL that it owns, one character per byte. Never throws or rejects: what
   * breaks is told to the log, without the URL, because URLs hold passkeys.
   */
  bodyFor(url: string, request: ForwardedRequest): Eventually<string>;
  /**
   * The same for the URL in `bytes[from..to)`, and whether it owns it: the body goes into `out`,
   * unless it comes later.
   */
  writeBody(
    bytes: Buffer,
    from: number,
    to: number,
    request: ForwardedRequest,
    out: ByteWriter,
  ): boolean | Promise<string>;
  /** For what breaks elsewhere in a transport. Never throws. */
  report: FaultReporter;
}

const INTERNAL = encodeFailure(TRACKER_ERRORS.internal);

export function createHttpAnswers(deps: HttpAnswersDeps): HttpAnswers {
  const { tracker, clientAddress, logger, clock, announcePath = '/announce' } = deps;
  const endpoint = createHttpEndpoint({ tracker, announcePath });
  const reporter = createFaultReporter({ logger, clock });

  function report(where: string, error: unknown): void {
    try {
      reporter(where, error);
    } catch {
      // The log is broken, and there is nobody else to tell.
    }
  }

  function fail(error: unknown): string {
    report('an announce or scrape', error);
    return INTERNAL;
  }

  return {
    owns: (url) => endpoint.owns(url),
    bodyFor(url, request) {
      try {
        const body = endpoint.answer(url, clientAddress(request));
        return typeof body === 'string' ? body : body.catch(fail);
      } catch (error) {
        return fail(error);
      }
    },
    writeBody(bytes, from, to, request, out) {
      const start = out.length;
      try {
        const written = endpoint.write(bytes, from, to, clientAddress(request), out);
        return typeof written === 'boolean' ? written : written.catch(fail);
      } catch (error) {
        out.length = start;
        out.latin1(fail(error));
        return true;
      }
    },
    report,
  };
}
