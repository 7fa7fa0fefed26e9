/** Media of Strapi's library: finding rows, and the bytes behind them. */

import { join } from 'node:path';
import type { Core } from '@strapi/strapi';
import { splitExtension, type PayloadSource } from '../metainfo';
import type { MediaRow } from './field-instances';

export interface Media {
  /** Rows by `documentId` or numeric id, in the order asked for; unknown ones are left out. */
  findAll(ids: readonly (string | number)[]): Promise<MediaRow[]>;
  /** Where the bytes are: a local file, or a URL of the provider (signed for private ones). */
  sourceOf(row: MediaRow): Promise<PayloadSource>;
}

const FILE = 'plugin::upload.file';

interface UploadProvider {
  isPrivate?: () => Promise<boolean> | boolean;
  getSignedUrl?: (file: unknown) => Promise<{ url: string }>;
}

export function createMedia(strapi: Core.Strapi): Media {
  return {
    async findAll(ids) {
      if (ids.length === 0) return [];
      const documentIds = ids.filter((id) => typeof id === 'string');
      const numericIds = ids.filter((id) => typeof id === 'number');
      const found = (await strapi.db.query(FILE).findMany({
        where: { $or: [{ documentId: { $in: documentIds } }, { id: { $in: numericIds } }] },
      })) as MediaRow[];
      return ids.flatMap((id) => found.find((row) => row.documentId === id || row.id === id) ?? []);
    },
    async sourceOf(row) {
      if (row.provider === 'local') {
        // The name Strapi itself gives the file; `url` may carry a CDN's host.
        const name = `${row.hash}${row.ext ?? ''}`;
        return { kind: 'path', filename: join(strapi.dirs.static.public, 'uploads', name) };
      }
      const provider = strapi.plugin('upload')['provider'] as UploadProvider | undefined;
      const signed = (await provider?.isPrivate?.()) === true ? provider?.getSignedUrl : undefined;
      const url = signed === undefined ? row.url : (await signed.call(provider, row)).url;
      return { kind: 'url', url };
    },
  };
}

/** The file's name for people: editors may have renamed it without its extension. */
export function mediaName({ name, ext }: Pick<MediaRow, 'name' | 'ext'>): string {
  const extension = ext ?? '';
  const given = splitExtension(name).extension;
  return given.toLowerCase() === extension.toLowerCase() ? name : `${name}${extension}`;
}
