/** Follows the removal of a locale: i18n deletes its entries below the document service. */

import type { Core } from '@strapi/strapi';
import type { Background } from './background';
import type { Catalog } from './catalog';
import type { Reconcile } from './reconcile';
import { retrying } from './retry';
import type { Tables } from './tables';

const LOCALE = 'plugin::i18n.locale';

export interface LocaleHooks {
  start(): void;
  stop(): void;
}

export interface LocaleHooksDeps {
  strapi: Core.Strapi;
  tables: Pick<Tables, 'placements'>;
  catalog: Catalog;
  reconcile: Reconcile;
  background: Background;
}

export function createLocaleHooks(deps: LocaleHooksDeps): LocaleHooks {
  const { strapi, tables, catalog, background } = deps;
  let unsubscribe: (() => void) | null = null;

  function removed({ result }: { result?: unknown }): void {
    const code = (result as { code?: unknown } | null | undefined)?.code;
    if (typeof code !== 'string') return;
    background.afterCommit('following a removed locale', async () => {
      const entries = close(code);
      await retrying(() => tables.placements.delete({ entryLocale: code }));
      for (const [contentType, entryId] of entries) {
        await retrying(() => deps.reconcile(contentType, entryId));
      }
    });
  }

  /** At once, and then one entry after the other is looked at. */
  function close(code: string): Iterable<readonly [string, string]> {
    const entries = new Map<string, readonly [string, string]>();
    for (const { contentType, entryId, locale } of catalog.placements()) {
      if (locale === code) entries.set(`${contentType} ${entryId}`, [contentType, entryId]);
    }
    for (const [contentType, entryId] of entries.values()) {
      const before = catalog.placementsOfEntry(contentType, entryId);
      catalog.replacePlacements(
        contentType,
        entryId,
        before.filter(({ locale }) => locale !== code),
      );
    }
    return entries.values();
  }

  return {
    start() {
      if (!(LOCALE in strapi.contentTypes)) return;
      unsubscribe = strapi.db.lifecycles.subscribe({
        models: [LOCALE],
        afterDelete: removed,
      });
    },
    stop() {
      unsubscribe?.();
    },
  };
}
