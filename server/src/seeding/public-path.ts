/** Which file of the public folder a request's path names, by the steps of Strapi's static middleware. Pure. */

import nodePath, { type PlatformPath } from 'node:path';

/**
 * Path below the public folder, `/` between segments, without a final slash: `uploads/a_1f.mp4`.
 * `null`: no path below `uploads`, or one that Strapi answers with an error.
 *
 * Strapi serves the folder by two routes (`/uploads/(.*)` and `strapi::public`'s rest), both of them
 * matched before and resolved after decoding: `/%75ploads/x` and `/x/..%2fuploads/x` reach uploads as well.
 *
 * @param path as Koa has it (`ctx.path`): parsed, not decoded
 */
export function uploadPathOf(path: string, platform: PlatformPath = nodePath): string | null {
  // For nearly every request of a site this is all: whatever reaches uploads spells it or escapes.
  if (!/uploads|%/i.test(path)) return null;
  const decoded = decode(path);
  if (decoded?.includes('\0') !== false) return null;
  // Two separators at the beginning would be the name of another machine on Windows.
  const below = `${platform.sep}${decoded.replace(/^[\\/]+/, '')}`;
  const inside = platform.normalize(below).split(platform.sep).join('/');
  const trimmed = inside.replace(/^\/+|\/+$/g, '');
  return /^uploads\//i.test(trimmed) ? trimmed : null;
}

/** Once, as koa-send does: what is escaped twice is the name of another file. */
function decode(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
