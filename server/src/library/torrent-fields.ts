/** Finds the torrent fields of a content type, also inside components and dynamic zones. */

import type { Core } from '@strapi/strapi';
import { FIELD_UID, type PrivateMode, type TorrentFormat } from '../../../shared/field-options';

export interface TorrentField {
  /** Name of the attribute. */
  attribute: string;
  /** Sibling media attribute; `null`: the editor picks files in the field itself. */
  source: string | null;
  format: TorrentFormat;
  private: PrivateMode;
  webSeed: boolean;
  seed: boolean;
  /** Role types; empty: the entry's permission alone. */
  roles: readonly string[];
}

/** The part of a schema that leads to torrent fields. */
export interface FieldTree {
  fields: readonly TorrentField[];
  components: readonly { attribute: string; component: string; tree: FieldTree }[];
  zones: readonly { attribute: string; trees: ReadonlyMap<string, FieldTree> }[];
}

/** A field whose options cannot work: told once at boot and in the Content-Type Builder. */
export interface FieldProblem {
  schema: string;
  attribute: string;
  message: string;
}

export interface TorrentFields {
  /** `null` for types without a torrent field. */
  treeOf(contentType: string): FieldTree | null;
  /** Content types with at least one torrent field. */
  contentTypes(): readonly string[];
  /** True when output of this type can hold a torrent field, also through relations. */
  isReachableFrom(schemaUid: string): boolean;
  problems(): readonly FieldProblem[];
}

interface Attribute {
  type?: string;
  customField?: string;
  options?: Record<string, unknown>;
  component?: string;
  components?: string[];
  target?: string;
}

interface Schema {
  attributes: Record<string, Attribute>;
}

export function isTorrentAttribute(attribute: unknown): boolean {
  return (
    typeof attribute === 'object' &&
    attribute !== null &&
    'customField' in attribute &&
    attribute.customField === FIELD_UID
  );
}

/** Every field of a type, also inside components and dynamic zones. */
export function allFields({ fields, components, zones }: FieldTree): TorrentField[] {
  return [
    ...fields,
    ...components.flatMap(({ tree }) => allFields(tree)),
    ...zones.flatMap(({ trees }) => [...trees.values()].flatMap(allFields)),
  ];
}

/** Schemas cannot change while Strapi runs: they are read once. */
export function createTorrentFields(strapi: Core.Strapi): TorrentFields {
  const contentTypes = strapi.contentTypes as unknown as Record<string, Schema>;
  const components = strapi.components as unknown as Record<string, Schema>;
  const trees = new Map<string, FieldTree>();
  for (const [uid, schema] of Object.entries(contentTypes)) {
    const tree = treeFor(schema, components, []);
    if (tree !== null) trees.set(uid, tree);
  }
  const problems = [...Object.entries(contentTypes), ...Object.entries(components)].flatMap(
    ([uid, schema]) => problemsOf(uid, schema),
  );
  const reachable = reachableSchemas({ ...contentTypes, ...components });

  return {
    treeOf: (contentType) => trees.get(contentType) ?? null,
    contentTypes: () => [...trees.keys()],
    isReachableFrom: (uid) => reachable.has(uid),
    problems: () => problems,
  };
}

function treeFor(
  schema: Schema,
  components: Record<string, Schema>,
  above: readonly string[],
): FieldTree | null {
  const nested = (uid: string): FieldTree | null => {
    const component = components[uid];
    if (component === undefined || above.includes(uid)) return null;
    return treeFor(component, components, [...above, uid]);
  };
  const attributes = Object.entries(schema.attributes);
  const tree: FieldTree = {
    fields: attributes.filter(([, a]) => isTorrentAttribute(a)).map(([name, a]) => field(name, a)),
    components: attributes.flatMap(([attribute, { type, component = '' }]) => {
      const below = type === 'component' ? nested(component) : null;
      return below === null ? [] : [{ attribute, component, tree: below }];
    }),
    zones: attributes.flatMap(([attribute, { type, components: members = [] }]) => {
      if (type !== 'dynamiczone') return [];
      const below = members.flatMap((uid): [string, FieldTree][] => {
        const member = nested(uid);
        return member === null ? [] : [[uid, member]];
      });
      return below.length === 0 ? [] : [{ attribute, trees: new Map(below) }];
    }),
  };
  const empty = tree.fields.length + tree.components.length + tree.zones.length === 0;
  return empty ? null : tree;
}

function field(attribute: string, { options = {} }: Attribute): TorrentField {
  const { source, private: mode, webSeed, seed, roles } = options;
  return {
    attribute,
    source: typeof source === 'string' && source !== '' ? source : null,
    format: 'v1',
    private: mode === 'always' || mode === 'never' ? mode : 'auto',
    webSeed: webSeed !== false,
    seed: seed !== false,
    roles: roleTypes(roles),
  };
}

/** The builder's form stores a comma-separated text; a schema file may hold a list. */
function roleTypes(value: unknown): string[] {
  const list: unknown[] = typeof value === 'string' ? value.split(',') : toArray(value);
  return list
    .filter((role): role is string => typeof role === 'string')
    .map((role) => role.trim())
    .filter((role) => role !== '');
}

function toArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function problemsOf(schema: string, { attributes }: Schema): FieldProblem[] {
  return Object.entries(attributes).flatMap(([attribute, definition]) => {
    if (!isTorrentAttribute(definition)) return [];
    const { source } = field(attribute, definition);
    if (source === null || attributes[source]?.type === 'media') return [];
    const media = Object.keys(attributes).filter((name) => attributes[name]?.type === 'media');
    const known = media.length === 0 ? 'it has none' : `it has ${media.join(', ')}`;
    const message = `its source "${source}" is not a media attribute of ${schema} (${known})`;
    return [{ schema, attribute, message }];
  });
}

/** Schemas from which a torrent field can be reached by population: the others need no look. */
function reachableSchemas(schemas: Record<string, Schema>): ReadonlySet<string> {
  const reachable = new Set<string>();
  for (const [uid, { attributes }] of Object.entries(schemas)) {
    if (Object.values(attributes).some(isTorrentAttribute)) reachable.add(uid);
  }
  // Without any torrent field nothing is reachable, not even through polymorphic relations.
  for (let grown = reachable.size > 0; grown;) {
    grown = false;
    for (const [uid, { attributes }] of Object.entries(schemas)) {
      if (reachable.has(uid) || !Object.values(attributes).some(leadsTo(reachable))) continue;
      reachable.add(uid);
      grown = true;
    }
  }
  return reachable;
}

function leadsTo(reachable: ReadonlySet<string>): (attribute: Attribute) => boolean {
  return ({ type, target, component, components = [] }) => {
    // A polymorphic relation has no target: it may lead anywhere.
    if (type === 'relation' && target === undefined) return true;
    return [target, component, ...components].some(
      (uid) => uid !== undefined && reachable.has(uid),
    );
  };
}
