/** Titles of entries, as the content manager shows them. */

import type { Core, UID } from '@strapi/strapi';
import type { TorrentEntryRef } from '../../../shared/admin-api';
import type { Placement } from './catalog';

export interface EntryTitles {
  /** The entries behind placements; drafts and published versions of one entry are one. */
  entriesOf(placements: readonly Placement[]): Promise<TorrentEntryRef[]>;
  /** `documentId`s of entries among these whose title contains the text. */
  search(placements: readonly Placement[], text: string): Promise<ReadonlySet<string>>;
}

interface ContentManagerTypes {
  findConfiguration(contentType: unknown): Promise<{ settings?: { mainField?: string } }>;
}

type TitleRow = Record<string, unknown> & { documentId: string; locale: string | null };

export function createEntryTitles(strapi: Core.Strapi): EntryTitles {
  const mainFields = new Map<string, string>();

  async function mainFieldOf(contentType: string): Promise<string> {
    const known = mainFields.get(contentType);
    if (known !== undefined) return known;
    const types: ContentManagerTypes = strapi.plugin('content-manager').service('content-types');
    const model = strapi.contentType(contentType as UID.ContentType);
    const { settings } = await types.findConfiguration(model);
    const field = settings?.mainField ?? 'documentId';
    const usable = field in model.attributes ? field : 'documentId';
    mainFields.set(contentType, usable);
    return usable;
  }

  async function find(contentType: string, where: Record<string, unknown>): Promise<TitleRow[]> {
    const mainField = await mainFieldOf(contentType);
    const rows = (await strapi.db.query(contentType).findMany({
      select: ['documentId', 'locale', mainField],
      where,
      orderBy: { id: 'asc' },
    })) as TitleRow[];
    return rows;
  }

  async function titlesOf(contentType: string, ids: readonly string[]) {
    const mainField = await mainFieldOf(contentType);
    const rows = await find(contentType, { documentId: { $in: ids } });
    return new Map(rows.map((row) => [entryKey(row), text(row[mainField])] as const));
  }

  return {
    async entriesOf(placements) {
      const byType = groupByType(placements);
      const refs: TorrentEntryRef[] = [];
      for (const [contentType, of] of byType) {
        const model = strapi.contentType(contentType as UID.ContentType);
        const titles = await titlesOf(contentType, [...new Set(of.map(({ entryId }) => entryId))]);
        for (const entry of distinctEntries(of)) {
          const key = entryKey({ documentId: entry.entryId, locale: entry.locale });
          refs.push({
            uid: contentType,
            documentId: entry.entryId,
            locale: entry.locale,
            published: entry.published,
            title: titles.get(key) ?? entry.entryId,
            contentType: model.info.displayName,
            kind: model.kind,
          });
        }
      }
      return refs;
    },
    async search(placements, searched) {
      const found = new Set<string>();
      for (const [contentType, of] of groupByType(placements)) {
        const mainField = await mainFieldOf(contentType);
        const ids = [...new Set(of.map(({ entryId }) => entryId))];
        const rows = await find(contentType, {
          documentId: { $in: ids },
          [mainField]: { $containsi: searched },
        });
        for (const { documentId } of rows) found.add(documentId);
      }
      return found;
    },
  };
}

function entryKey({ documentId, locale }: { documentId: string; locale: string | null }): string {
  return `${documentId} ${locale ?? ''}`;
}

function text(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

function groupByType(placements: readonly Placement[]): Map<string, Placement[]> {
  const groups = new Map<string, Placement[]>();
  for (const placement of placements) {
    groups.set(placement.contentType, [...(groups.get(placement.contentType) ?? []), placement]);
  }
  return groups;
}

function distinctEntries(placements: readonly Placement[]) {
  const entries = new Map<string, { entryId: string; locale: string | null; published: boolean }>();
  for (const { entryId, locale, published } of placements) {
    const key = entryKey({ documentId: entryId, locale });
    entries.set(key, {
      entryId,
      locale,
      published: published || entries.get(key)?.published === true,
    });
  }
  return entries.values();
}
