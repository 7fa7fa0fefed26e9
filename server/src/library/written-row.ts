/** The row that a write is about to change: what is not sent stays as it stands there. */

import type { Core, UID } from '@strapi/strapi';
import type { StoredTorrentField } from '../../../shared/field-options';
import { parseStored } from './field-value';

export interface WrittenRow {
  uid: string;
  where: Readonly<Record<string, unknown>>;
}

interface Write {
  uid: string;
  params: { documentId?: unknown; locale?: unknown };
}

interface Locales {
  getDefaultLocale(): Promise<string | null>;
}

/** That of an entry; `null` for one that is made anew. Drafts are what is written, where a type has them. */
export async function rowOfEntry(
  strapi: Core.Strapi,
  { uid, params: { documentId, locale } }: Write,
): Promise<WrittenRow | null> {
  if (typeof documentId !== 'string') return null;
  const { options, pluginOptions } = strapi.contentType(uid as UID.ContentType);
  const i18n = pluginOptions?.['i18n'] as { localized?: boolean } | undefined;
  const where: Record<string, unknown> = { documentId };
  if (options?.draftAndPublish === true) where['publishedAt'] = null;
  if (i18n?.localized === true) {
    const locales = strapi.plugin('i18n').service<Locales>('locales');
    where['locale'] = typeof locale === 'string' ? locale : await locales.getDefaultLocale();
  }
  return { uid, where };
}

/** That of a component; `null` for one that is added. */
export function rowOfComponent(uid: string, item: Record<string, unknown>): WrittenRow | null {
  const { id } = item;
  return typeof id === 'number' || typeof id === 'string' ? { uid, where: { id } } : null;
}

export async function storedAt(
  strapi: Core.Strapi,
  row: WrittenRow | null,
  attribute: string,
): Promise<StoredTorrentField> {
  if (row === null) return {};
  const { uid, where } = row;
  const found = (await strapi.db.query(uid).findOne({ where, select: [attribute] })) as Record<
    string,
    unknown
  > | null;
  return parseStored(found?.[attribute]);
}
