/** What stands around every announce, whatever it came over: limits before it, counting after it. */
import type { AnnounceReply, AnnounceRequest } from '../announce';
import type { Clock, Eventually } from '../clock';
import { TRACKER_ERRORS, type TrackerError } from '../errors';
import type { AddressWatch } from '../limits/address-watch';
import type { RateLimiter } from '../limits/rate-limiter';
import type { Tally } from './tally';

export type Announce = (request: AnnounceRequest) => Eventually<AnnounceReply | TrackerError>;

export interface AttendantDeps {
  clock: Clock;
  limiter: RateLimiter;
  tally: Tally;
  watch: AddressWatch;
}

export function attendAnnounces(announce: Announce, deps: AttendantDeps): Announce {
  const { clock, limiter, tally, watch } = deps;
  const rateLimited = TRACKER_ERRORS['rate-limited'];

  return function attendedAnnounce(request) {
    const { transport, family, endpoint } = request;
    watch.see(endpoint, family, request.port);
    if (!limiter.admit(endpoint, family)) {
      tally.announced(transport, family, rateLimited);
      return rateLimited;
    }
    const startedAt = tally.isSampled() ? clock() : -1;
    const reply = announce(request);
    if (reply instanceof Promise) {
      return reply.then((later) => {
        tally.announced(transport, family, later.kind === 'failure' ? later : null);
        if (startedAt >= 0) tally.observe(clock() - startedAt);
        return later;
      });
    }
    tally.announced(transport, family, reply.kind === 'failure' ? reply : null);
    if (startedAt >= 0) tally.observe(clock() - startedAt);
    return reply;
  };
}
