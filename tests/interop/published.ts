/** What an editor has published on a site, and real clients that fetch it. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TorrentValue } from '../../shared/torrent-value';
import { documents, upload } from '../integration/support/content';
import type { TestSite } from '../integration/support/strapi';
import { download, payloadHashes, type DownloadOptions, type DownloadResult } from './clients';

export interface Sample {
  name: string;
  bytes: Buffer;
}

export interface Readers {
  /** For whatever else a test has to keep. */
  readonly folder: string;
  /** An address of the client's own, by which the tracker tells it from others. */
  nextAddress(): string;
  /** Downloads the .torrent, as the holder of the token. @returns its path */
  save(torrent: TorrentValue, bearer?: string): Promise<string>;
  fetchWith(
    client: DownloadOptions['client'],
    torrent: string,
    more?: Partial<DownloadOptions>,
  ): Promise<{ result: DownloadResult; hashes: () => Promise<Record<string, string>> }>;
  remove(): Promise<void>;
}

const TIMEOUT_MS = 90_000;

/** @param network three octets that no other test file has, like `127.0.7` */
export async function openReaders(network: string): Promise<Readers> {
  const folder = await mkdtemp(join(tmpdir(), 'interop-'));
  let lastAddress = 0;
  const newPath = (): string => join(folder, randomBytes(4).toString('hex'));
  const nextAddress = (): string => `${network}.${(lastAddress += 1)}`;

  return {
    folder,
    nextAddress,
    async save(torrent, bearer) {
      const headers = bearer === undefined ? {} : { authorization: bearer };
      const response = await fetch(torrent.torrentUrl!, { headers });
      expect(response.status).toBe(200);
      const filename = `${newPath()}.torrent`;
      await writeFile(filename, Buffer.from(await response.arrayBuffer()));
      return filename;
    },
    async fetchWith(client, torrent, more = {}) {
      const outDir = newPath();
      const options = { client, torrent, outDir, bind: nextAddress(), timeoutMs: TIMEOUT_MS };
      const result = await download({ ...options, ...more });
      return { result, hashes: () => payloadHashes(outDir) };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * @param type of the content, in the singular
 * @param field of the media: `files` takes all of them, another one the first
 * @returns the URL of the entry
 */
export async function publish(
  site: TestSite,
  type: string,
  field: string,
  samples: readonly Sample[],
): Promise<string> {
  const ids: number[] = [];
  for (const { name, bytes } of samples) ids.push((await upload(site.strapi, name, bytes)).id);
  const data = { title: samples[0]!.name, [field]: field === 'files' ? ids : ids[0] };
  const entry = await documents(site.strapi, type).create({ data, status: 'published' });
  return `${site.url}/api/${type}s/${entry.documentId}`;
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
