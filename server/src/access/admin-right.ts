/** What an admin user may see of an entry: drafts too, as far as his content-manager rights go. */

import type { Core } from '@strapi/strapi';

const READ = 'plugin::content-manager.explorer.read';

/** The part of the admin's ability (`ctx.state.userAbility`) that is used here. */
export interface AdminAbility {
  can(action: string, subject: string): boolean;
}

export interface AdminEntry {
  contentType: string;
  entryId: string;
  locale: string | null;
  status: 'draft' | 'published';
}

interface PermissionChecker {
  sanitizedQuery: { read(query: object): Promise<{ filters?: object }> };
}

interface Documents {
  findFirst(query: object): Promise<object | null>;
}

/**
 * True when the content manager would show the entry to this admin: the right on its type, with
 * conditions ("is creator", locales, those of the site's own). Also true for a version that does not
 * exist, of which there is nothing to see.
 */
export async function adminMayRead(
  strapi: Core.Strapi,
  ability: AdminAbility | undefined,
  { contentType, entryId, locale, status }: AdminEntry,
): Promise<boolean> {
  if (ability?.can(READ, contentType) !== true) return false;
  if (!(contentType in strapi.contentTypes)) return true; // the handler has an answer for that
  const checkers: {
    create(options: { userAbility: AdminAbility; model: string }): PermissionChecker;
  } = strapi.plugin('content-manager').service('permission-checker');
  const checker = checkers.create({ userAbility: ability, model: contentType });
  const { filters = {} } = await checker.sanitizedQuery.read({});
  const documents = (strapi.documents as unknown as (uid: string) => Documents)(contentType);
  const version = { status, ...(locale === null ? {} : { locale }), fields: ['documentId'] };
  const same = { documentId: entryId };
  const shown = await documents.findFirst({ ...version, filters: { $and: [same, filters] } });
  return shown !== null || (await documents.findFirst({ ...version, filters: same })) === null;
}
