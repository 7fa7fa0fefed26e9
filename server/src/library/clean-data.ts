/** Cleans what clients send with an entry: torrent fields hold a choice of files, the editor's settings, or nothing. */

import type { Core } from '@strapi/strapi';
import { errors } from '@strapi/utils';
import type { StoredTorrentField } from '../../../shared/field-options';
import {
  parseFieldInput,
  settingsOf,
  storedSettings,
  type FieldInput,
  type FieldSettings,
} from './field-value';
import { isRecord } from './is-record';
import type { Media } from './media';
import type { FieldTree } from './torrent-fields';
import { rowOfComponent, storedAt, type WrittenRow } from './written-row';

export interface CleanDataDeps {
  strapi: Core.Strapi;
  media: Media;
}

/** What the data is written to. */
export interface Place {
  tree: FieldTree;
  /** Looked up only where settings come alone. */
  row: () => Promise<WrittenRow | null> | WrittenRow | null;
  /** In front of the attribute, for errors. */
  prefix: string;
}

/** @returns a copy of the data @throws ValidationError (400) that names the attribute */
export type CleanData = (
  place: Place,
  data: Record<string, unknown>,
) => Promise<Record<string, unknown>>;

export function createCleanData({ strapi, media }: CleanDataDeps): CleanData {
  return async function cleanData(place, data) {
    const { tree, prefix } = place;
    const clean = omitUnchanged(tree, data, prefix);
    for (const { attribute, source } of tree.fields) {
      if (clean[attribute] === undefined) continue;
      const path = `${prefix}${attribute}`;
      const input = parseFieldInput(clean[attribute], path);
      if (input.kind === 'selection') clean[attribute] = await selection(input, media, path);
      if (input.kind === 'settings') {
        if (source === null) throw withoutFiles(input.settings, path);
        const before = settingsOf(await storedAt(strapi, await place.row(), attribute));
        clean[attribute] = storedSettings({ ...before, ...input.settings });
      }
    }
    for (const { attribute, component, tree: below } of tree.components) {
      if (!(attribute in clean)) continue; // an update names only what it changes
      const path = `${prefix}${attribute}`;
      clean[attribute] = await nested(
        () => ({ uid: component, tree: below }),
        clean[attribute],
        path,
      );
    }
    for (const { attribute, trees } of tree.zones) {
      if (!(attribute in clean)) continue;
      const memberOf = (item: Record<string, unknown>): Component | undefined => {
        const uid = String(item['__component']);
        const below = trees.get(uid);
        return below === undefined ? undefined : { uid, tree: below };
      };
      clean[attribute] = await nested(memberOf, clean[attribute], `${prefix}${attribute}`);
    }
    return clean;

    async function nested(
      componentOf: (item: Record<string, unknown>) => Component | undefined,
      value: unknown,
      path: string,
    ): Promise<unknown> {
      if (Array.isArray(value)) {
        return Promise.all(
          value.map((item, index) => nested(componentOf, item, `${path}.${index}`)),
        );
      }
      const component = isRecord(value) ? componentOf(value) : undefined;
      if (!isRecord(value) || component === undefined) return value;
      const row = (): WrittenRow | null => rowOfComponent(component.uid, value);
      return cleanData({ tree: component.tree, row, prefix: `${path}.` }, value);
    }
  };
}

interface Component {
  uid: string;
  tree: FieldTree;
}

function omitUnchanged(
  tree: FieldTree,
  data: Record<string, unknown>,
  prefix: string,
): Record<string, unknown> {
  const unchanged = new Set(
    tree.fields
      .map(({ attribute }) => attribute)
      .filter((attribute) => {
        const value = data[attribute];
        if (value === undefined) return false;
        return parseFieldInput(value, `${prefix}${attribute}`).kind === 'unchanged';
      }),
  );
  return Object.fromEntries(
    Object.entries(data).filter(([attribute]) => !unchanged.has(attribute)),
  );
}

/** Numeric ids do not survive an export: `documentId`s are stored. */
async function selection(
  { files: ids, settings }: Extract<FieldInput, { kind: 'selection' }>,
  media: Media,
  path: string,
): Promise<StoredTorrentField | null> {
  if (ids.length === 0) return null;
  const rows = await media.findAll(ids.filter((id) => typeof id === 'number'));
  const files = ids.map((id) => {
    const documentId = typeof id === 'string' ? id : rows.find((row) => row.id === id)?.documentId;
    if (documentId !== undefined) return documentId;
    throw new errors.ValidationError(`${path}.files: there is no media with the id ${id}`);
  });
  return { files, ...storedSettings(settings) };
}

/** The rest of the value is the server's; only a choice of files would be lost. */
function withoutFiles({ confirmed }: Partial<FieldSettings>, path: string): Error {
  const sent = confirmed === undefined ? 'seed' : 'confirmUnprotected';
  return new errors.ValidationError(`${path}.files must be sent together with ${sent}`);
}
