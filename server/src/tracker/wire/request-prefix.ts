/** Tells by the first bytes of a request, before it is there as a whole, that it is not the tracker's. */
import { createAnnouncePath } from './announce-path';
import { bytesOf } from './byte-writer';

/**
 * False when the request that begins at `bytes[from]` is somebody else's for sure. True when it is ours,
 * when it only looks like it, and while there are too few bytes to tell.
 */
export type RequestPrefix = (bytes: Uint8Array, from: number) => boolean;

const METHODS = ['GET', 'HEAD'];

/** @param announcePath like `/announce`. Requests in absolute form, rare as they are, are not known. */
export function createRequestPrefix(announcePath: string): RequestPrefix {
  const { announce, scrape } = createAnnouncePath(announcePath);
  const paths = scrape === null ? [announce] : [announce, scrape];
  const beginnings = METHODS.flatMap((method) => paths.map((path) => bytesOf(`${method} ${path}`)));

  return function mayBegin(bytes, from) {
    for (const beginning of beginnings) {
      const length = Math.min(beginning.length, bytes.length - from);
      let i = 0;
      while (i < length && bytes[from + i] === beginning[i]) i += 1;
      if (i === length) return true;
    }
    return false;
  };
}
