/** The torrent fields of one row of an entry: how to load them and where they sit. */

import type { FieldTree, TorrentField } from './torrent-fields';

/** A media row as the database returns it. */
export interface MediaRow {
  id: number;
  documentId: string;
  name: string;
  hash: string;
  ext: string | null;
  /** kB with two decimals: never an exact size. */
  size: number;
  url: string;
  provider: string;
  /** Smaller versions of an image, each a file of its own. */
  formats?: Record<string, { hash: string; ext?: string | null }> | null;
}

export interface FieldInstance {
  field: TorrentField;
  /** `torrent`, `blocks.1.torrent` */
  path: string;
  /** The stored JSON, whatever its shape. */
  value: unknown;
  /** Files of the source attribute, in the editor's order; empty for a field of picked files. */
  sourceMedia: readonly MediaRow[];
  /** Table and row that hold the value: the entry's own, or a component's. */
  holder: { uid: string; id: number };
}

export type Row = Record<string, unknown> & { id: number };

interface Populate {
  select?: string[];
  populate?: Record<string, Populate | { on: Record<string, Populate> }>;
}

/** What to ask the database for, and nothing more: entries can hold megabytes of text. */
export function populateOf(tree: FieldTree, alwaysSelect: readonly string[]): Populate {
  const populate: NonNullable<Populate['populate']> = {};
  for (const { source } of tree.fields) if (source !== null) populate[source] = {};
  for (const { attribute, tree: below } of tree.components) {
    populate[attribute] = populateOf(below, ['id']);
  }
  for (const { attribute, trees } of tree.zones) {
    const on = [...trees].map(([uid, below]) => [uid, populateOf(below, ['id'])] as const);
    populate[attribute] = { on: Object.fromEntries(on) };
  }
  return { select: [...alwaysSelect, ...tree.fields.map(({ attribute }) => attribute)], populate };
}

/** Every torrent field of a row loaded with `populateOf`. */
export function* fieldInstances(
  tree: FieldTree,
  uid: string,
  row: Row,
  prefix = '',
): Generator<FieldInstance> {
  for (const field of tree.fields) {
    yield {
      field,
      path: `${prefix}${field.attribute}`,
      value: row[field.attribute],
      sourceMedia: field.source === null ? [] : mediaRows(row[field.source]),
      holder: { uid, id: row.id },
    };
  }
  for (const { attribute, component, tree: below } of tree.components) {
    const value = row[attribute];
    for (const [index, item] of rows(value).entries()) {
      const step = Array.isArray(value) ? `${attribute}.${index}` : attribute;
      yield* fieldInstances(below, component, item, `${prefix}${step}.`);
    }
  }
  for (const { attribute, trees } of tree.zones) {
    for (const [index, item] of rows(row[attribute]).entries()) {
      const component = String(item['__component']);
      const below = trees.get(component);
      if (below === undefined) continue;
      yield* fieldInstances(below, component, item, `${prefix}${attribute}.${index}.`);
    }
  }
}

function rows(value: unknown): Row[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((item): item is Row => typeof item === 'object' && item !== null);
}

function mediaRows(value: unknown): MediaRow[] {
  return rows(value) as unknown as MediaRow[];
}
