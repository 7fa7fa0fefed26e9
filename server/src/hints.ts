/** What a site builder should know at boot, one line each, and only when it matters. */

import type { Core } from '@strapi/strapi';
import type { Runtime } from './runtime';

/** Formidable's limit in Strapi's template, bytes. */
const DEFAULT_BODY_LIMIT = 200 * 1024 * 1024;

interface MiddlewareConfig {
  name?: string;
  config?: { formidable?: { maxFileSize?: number } };
}

export function sayHello(strapi: Core.Strapi, { config, publicUrl, library }: Runtime): void {
  strapi.log.info(`BitTorrent tracker at ${publicUrl}${config.tracker.announcePath}`);
  for (const { schema, attribute, message } of library.fields.problems()) {
    strapi.log.warn(
      `[bittorrent] ${schema}: the torrent field "${attribute}" cannot work: ${message}`,
    );
  }
  if (library.fields.contentTypes().length === 0) return;
  for (const hint of [addressHint(strapi, publicUrl), bodyHint(strapi), typesHint(strapi)]) {
    if (hint !== null) strapi.log.info(`[bittorrent] ${hint}`);
  }
}

function addressHint(strapi: Core.Strapi, publicUrl: string): string | null {
  const production = strapi.config.get('environment') === 'production';
  if (!production || !/^https?:\/\/(localhost|127\.)/.test(publicUrl)) return null;
  return `torrents will point to ${publicUrl}: set server.url or the plugin's publicUrl`;
}

function bodyHint(strapi: Core.Strapi): string | null {
  const middlewares = strapi.config.get<(string | MiddlewareConfig)[]>('middlewares', []);
  const body = middlewares.find(
    (entry): entry is MiddlewareConfig =>
      typeof entry === 'object' && entry.name === 'strapi::body',
  );
  const limit = body?.config?.formidable?.maxFileSize ?? DEFAULT_BODY_LIMIT;
  if (limit > DEFAULT_BODY_LIMIT) return null;
  return 'uploads above 200 MB are refused by strapi::body (see "Large files" in the README)';
}

function typesHint(strapi: Core.Strapi): string | null {
  const allowed = strapi.config.get<string[] | undefined>(
    'plugin::upload.security.allowedTypes',
    undefined,
  );
  if (allowed === undefined || allowed.includes('application/octet-stream')) return null;
  return 'upload.security.allowedTypes refuses .iso, .zip and the like (see "Large files" in the README)';
}
