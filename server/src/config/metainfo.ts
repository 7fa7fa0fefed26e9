/** `metainfo`: what stands in a .torrent, and how it is made. */

import { z } from 'zod';
import { isPieceLength } from '../metainfo';

export const metainfoSchema = z
  .strictObject({
    pieceLength: z
      .custom<'auto' | number>(
        (value) => value === 'auto' || (typeof value === 'number' && isPieceLength(value)),
        'expected "auto" or a power of two from 16384 to 16777216 (bytes)',
      )
      .default('auto')
      .describe('Bytes per piece; `auto` grows with the size as in libtorrent.'),
    comment: z.string().max(1000).optional().describe('Comment of every .torrent.'),
    source: z
      .string()
      .max(200)
      .optional()
      .describe('Text in the info dictionary that makes info-hashes unique to this site.'),
    workers: z
      .int()
      .min(1)
      .max(16)
      .default(1)
      .describe('Payloads hashed at once, each in a thread of its own.'),
  })
  .prefault({});
