/** From finished hashes to the torrent's row. */

import { encodeInfo, infoHashOf, type HashResult } from '../metainfo';
import type { JobFile } from './job';
import { NO_LEASE } from './job-leases';
import { payloadKey } from './payload-key';
import type { JobRow, Tables, TorrentRow } from './tables';

/**
 * Writes the torrent and marks the job ready; running it twice does no harm.
 * Two jobs with equal payload, names and options lead to one torrent.
 */
export async function finishJob(
  tables: Tables,
  job: JobRow,
  result: HashResult,
): Promise<TorrentRow> {
  const hashed = job.files.map((file, index): JobFile & { size: number } => {
    const described = result.files[index];
    if (described === undefined) throw new RangeError(`No result for file ${index}`);
    return { ...file, ...described };
  });
  const files = hashed.map(({ path, size }) => ({ path, size }));
  const info = encodeInfo({
    name: job.options.name,
    files,
    pieceLength: result.pieceLength,
    pieces: result.pieces,
    private: job.options.private,
    source: job.options.source ?? undefined,
  });
  const infoHash = infoHashOf(info);
  const known = () => tables.torrents.findOne({ where: { infoHash } });
  const create = () =>
    tables.torrents.create({
      infoHash,
      name: job.options.name,
      size: result.size,
      pieceLength: result.pieceLength,
      payload: payloadKey(result.size, result.pieceLength, result.pieces),
      private: job.options.private,
      files,
      info: info.toString('base64'),
      completed: 0,
    });
  const torrent = (await known()) ?? (await orElse(create, known));
  await tables.jobs.update(
    { key: job.key },
    {
      jobStatus: 'ready',
      progress: 1,
      problem: null,
      checkpoint: null,
      files: hashed,
      infoHash,
      ...NO_LEASE,
    },
  );
  return torrent;
}

/** Another process may have come to the same torrent at the same moment, by another job. */
async function orElse(
  create: () => Promise<TorrentRow>,
  known: () => Promise<TorrentRow | null>,
): Promise<TorrentRow> {
  try {
    return await create();
  } catch (error) {
    const other = await known();
    if (other === null) throw error;
    return other;
  }
}
