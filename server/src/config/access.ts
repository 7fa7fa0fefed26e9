/** `access`, `uploads` and `audit`: who may have what, and what is remembered of it. */

import { z } from 'zod';
import type { AllowRule } from '../access';
import { seconds } from './values';

export const accessSchema = z
  .strictObject({
    allow: z
      .custom<AllowRule>((value) => typeof value === 'function', 'expected a function')
      .optional()
      .describe(
        '`(reader, entry, torrent) => boolean`, also async: a rule of the site’s own. It can only ' +
          'narrow; an error refuses. Answers are remembered for ten seconds.',
      ),
    strict: z
      .boolean()
      .default(false)
      .describe(
        'Also honour route policies and middlewares that the site has for single entries, by asking ' +
          'Strapi itself as the reader; costs a request inside the process per reader and entry.',
      ),
    linkLifetime: seconds(10, 86_400)
      .default(600)
      .describe('Seconds that a download link for browsers is good for.'),
    syncEvery: seconds(1, 300)
      .default(5)
      .describe('Seconds after which a change made by another process is seen here at the latest.'),
  })
  .prefault({});

export const uploadsSchema = z
  .strictObject({
    protect: z
      .boolean()
      .default(true)
      .describe(
        'Refuse the bare URL of uploads that back only torrents which Public may not have.',
      ),
    signedUrlTtl: z
      .int()
      .min(60)
      .max(86_400)
      .default(3_600)
      .describe('Seconds for which the signed URL of a protected upload works at most.'),
  })
  .prefault({});

export const auditSchema = z
  .strictObject({
    keep: z
      .int()
      .min(100)
      .max(1_000_000)
      .default(10_000)
      .describe('Rows of the audit log; the oldest are removed first.'),
  })
  .prefault({});
