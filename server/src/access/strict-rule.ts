/**
 * `access.strict`: route policies and middlewares that the site has written for single entries count
 * as well. Strapi itself is asked what the reader would be shown at `GET /api/<plural>/<documentId>`.
 */

import type { Core } from '@strapi/strapi';
import type { Exposure } from './decision';
import type { DryRunAnswer, DryRuns } from './dry-run';
import type { SiteRule } from './site-rules';

interface Schema {
  kind: string;
  plugin?: string;
  info: { singularName: string; pluralName: string };
}

export function strictRule(strapi: Core.Strapi, dryRuns: DryRuns): SiteRule {
  const prefix = strapi.config.get<string>('api.rest.prefix', '/api');

  const schemas = () => strapi.contentTypes as unknown as Record<string, Schema | undefined>;
  const rootOf = ({ plugin }: Schema): string =>
    plugin === undefined ? prefix : `${prefix}/${plugin}`;

  return async (reader, exposure) => {
    const schema = schemas()[exposure.contentType];
    if (schema === undefined) return false;
    const root = rootOf(schema);
    if (schema.kind === 'singleType') {
      const path = `${root}/${schema.info.singularName}${queryOf(exposure)}`;
      return isShown(await dryRuns.get(path, reader), path);
    }
    const plural = `${root}/${schema.info.pluralName}`;
    const path = `${plural}/${encodeURIComponent(exposure.entryId)}${queryOf(exposure)}`;
    const answer = await dryRuns.get(path, reader);
    if (answer === null) return false;
    if (answer.hasRoute && answer.holds(`${exposure.contentType}.findOne`)) {
      return isShown(answer, path);
    }
    // A reader with `find` alone sees entries in lists only.
    const list = `${plural}${queryOf(exposure, { 'filters[documentId][$eq]': exposure.entryId })}`;
    return isListed(await dryRuns.get(list, reader), list, exposure.entryId);
  };
}

/** Nothing but the locale: a middleware of the site may look at any field of what it is about to send. */
function queryOf({ locale }: Exposure, more: Record<string, string> = {}): string {
  const query = new URLSearchParams({ ...more, ...(locale === null ? {} : { locale }) });
  return query.size === 0 ? '' : `?${query.toString()}`;
}

function isShown(answer: DryRunAnswer | null, path: string): boolean {
  if (!isOk(answer, path)) return false;
  // Controllers of the site's own may give another shape; the standard one says "nothing" so.
  return answer.body != null && !(isRecord(answer.body) && answer.body['data'] === null);
}

function isListed(answer: DryRunAnswer | null, path: string, entryId: string): boolean {
  if (!isOk(answer, path)) return false;
  const entries = isRecord(answer.body) ? answer.body['data'] : answer.body;
  return Array.isArray(entries) && entries.some((one) => documentIdOf(one) === entryId);
}

/** @throws Error when the site fails: that is no answer of a rule, and wants to be seen in the log */
function isOk(answer: DryRunAnswer | null, path: string): answer is DryRunAnswer {
  if (answer === null) return false;
  if (answer.status >= 500) throw new Error(`GET ${path} gave ${answer.status}`);
  return answer.status >= 200 && answer.status < 300;
}

function documentIdOf(value: unknown): unknown {
  return isRecord(value) ? value['documentId'] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
