/**
 * Ours, inside a real Strapi: the fixture app with the built plugin and 1,000 torrents in its
 * tables. The first boot makes the tables, the second one reads them, as a restarted site would.
 * A folder in BENCH_FOLDER is kept, and not filled again; BENCH_TORRENTS is another number of torrents.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as StrapiModule from '@strapi/strapi';
import { fingerprintOf } from '../../../server/src/metainfo';
import { PAYLOADS } from '../payload';
import { REGISTERED } from '../scenario';
import { freePort } from './free-port';
import { announceReady } from './ready';

// Strapi's own ES modules import what only CommonJS can find.
const { createStrapi } = createRequire(import.meta.url)('@strapi/strapi') as typeof StrapiModule;

const CONTENT_TYPE = 'api::release.release';
const ENTRIES = 100;
const BATCH = 50;

const [appDir = '', publicDir = ''] = process.argv.slice(2);
const kept = process.env['BENCH_FOLDER'];
const folder = kept ?? (await mkdtemp(join(tmpdir(), 'bittorrent-bench-')));
const database = join(folder, 'data.db');
const isFilled = existsSync(database);
const port = await freePort();
await mkdir(join(publicDir, 'uploads'), { recursive: true });
Object.assign(process.env, {
  DATABASE_FILENAME: database,
  PUBLIC_DIR: publicDir,
  PORT: String(port),
  BITTORRENT_CONFIG: process.env['BITTORRENT_CONFIG'] ?? '{}',
  OPEN_API: '1',
  STRAPI_TELEMETRY_DISABLED: 'true',
});

if (!isFilled) {
  const first = await createStrapi({ appDir, distDir: appDir }).load();
  await register(first, torrents());
  await first.destroy();
}
const strapi = await createStrapi({ appDir, distDir: appDir }).load();
strapi.server.mount();
strapi.server.httpServer.listen(port, '127.0.0.1');
await once(strapi.server.httpServer, 'listening');
// SQLite keeps its files open; nothing is looked up by name any more.
if (kept === undefined) await rm(folder, { recursive: true, force: true });
announceReady({ http: port, ws: port });

/** Info-hashes: those that the loads ask for, unless a number is given. */
function torrents(): readonly Buffer[] {
  const count = process.env['BENCH_TORRENTS'];
  if (count === undefined) return REGISTERED;
  return Array.from({ length: Number(count) }, (_, i) =>
    createHash('sha1').update(`benchmark site torrent ${i}`).digest(),
  );
}

async function register(
  site: StrapiModule.Core.Strapi,
  infoHashes: readonly Buffer[],
): Promise<void> {
  const entries: string[] = [];
  for (let i = 0; i < ENTRIES; i += 1) {
    const data = { title: `Release ${i}` };
    const entry = await site.documents(CONTENT_TYPE).create({ data, status: 'published' });
    entries.push(entry.documentId);
  }
  // Ten torrents show in each entry: the start looks whether the entries are still there.
  const rows = infoHashes.map((hash, index) =>
    rowsOf(hash.toString('hex'), index, entries[index % ENTRIES] ?? ''),
  );
  for (let from = 0; from < rows.length; from += BATCH) {
    const batch = rows.slice(from, from + BATCH);
    for (const table of ['torrent', 'job', 'placement'] as const) {
      const query = site.db.query(`plugin::bittorrent.${table}`);
      await query.createMany({ data: batch.map((row) => row[table]) });
    }
  }
  if (kept !== undefined) return;
  for (const { name, infoHash } of PAYLOADS) await publish(site, name, infoHash, entries[0] ?? '');
}

/** A torrent whose file really lies in the folder of uploads: its web seed answers. */
async function publish(
  site: StrapiModule.Core.Strapi,
  name: string,
  infoHash: string,
  entryId: string,
): Promise<void> {
  const [hash = '', extension = ''] = name.split('.');
  const file = await stat(join(publicDir, 'uploads', name));
  const media = (await site.db.query('plugin::upload.file').create({
    data: {
      documentId: `bench-${hash}`,
      name,
      hash,
      ext: `.${extension}`,
      mime: 'application/octet-stream',
      size: Math.round(file.size / 10) / 100,
      url: `/uploads/${name}`,
      provider: 'local',
    },
  })) as { documentId: string };
  const { torrent, job, placement } = rowsOf(infoHash, -1, entryId);
  const key = `benchmark-job-${name}`;
  const size = file.size;
  const files = [{ path: name, size }];
  const fingerprint = fingerprintOf(file);
  const { documentId } = media;
  const jobFiles = [{ documentId, name, path: name, size, fingerprint }];
  await site.db
    .query('plugin::bittorrent.torrent')
    .create({ data: { ...torrent, name, size, payload: key, files } });
  await site.db
    .query('plugin::bittorrent.job')
    .create({ data: { ...job, key, files: jobFiles, options: { ...job.options, name } } });
  await site.db
    .query('plugin::bittorrent.placement')
    .create({ data: { ...placement, jobKey: key } });
}

/** What a finished job of a one-file torrent leaves behind. */
function rowsOf(infoHash: string, index: number, entryId: string) {
  const key = `benchmark-job-${index}`;
  const name = `file-${index}.bin`;
  const size = 1_000_000_000;
  const documentId = `benchmark-media-${index}`;
  return {
    torrent: {
      infoHash,
      name,
      size,
      pieceLength: 1_048_576,
      payload: key,
      private: false,
      files: [{ path: name, size }],
      info: '',
      completed: 0,
    },
    job: {
      key,
      jobStatus: 'ready',
      progress: 1,
      problem: null,
      options: { format: 'v1', private: false, pieceLength: null, source: null, name },
      files: [{ documentId, name, path: name, size, fingerprint: key }],
      checkpoint: null,
      infoHash,
    },
    placement: {
      jobKey: key,
      contentType: CONTENT_TYPE,
      entryId,
      entryLocale: null,
      published: true,
      path: 'torrent',
      revision: 1,
      roles: [],
      webSeed: true,
    },
  };
}
