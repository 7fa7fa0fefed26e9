/**
 * Where a torrent field sits: paths are the form's (`blocks.1.torrent`), and the attributes on the
 * way come from the schemas of the content type and its components.
 */

import { FIELD_UID } from '../../../shared/field-options';

export interface AttributeSchema {
  type?: string;
  customField?: string;
  component?: string;
  components?: readonly string[];
}

export interface Schema {
  attributes: Partial<Record<string, AttributeSchema>>;
}

export type ComponentSchemas = Partial<Record<string, Schema>>;

const INDEX = /^\d+$/;

/** `blocks.1.torrent` with `file` → `blocks.1.file`. */
export const siblingPath = (path: string, sibling: string): string =>
  [...path.split('.').slice(0, -1), sibling].join('.');

/** `blocks.1.torrent` → `blocks.1`; `null` at the top of the entry. */
export const parentPath = (path: string): string | null => {
  const end = path.lastIndexOf('.');

  return end === -1 ? null : path.slice(0, end);
};

/** `blocks.1.torrent` → `blocks`, `2`, `torrent`: people count from one. */
export const readablePath = (path: string): string[] =>
  path.split('.').map((segment) => (INDEX.test(segment) ? String(Number(segment) + 1) : segment));

/**
 * The attribute at a path. `componentAt` answers the `__component` of a dynamic zone's item, which
 * only the entry's data knows. `undefined` when the path leads nowhere.
 */
export const attributeAt = (
  schema: Schema,
  components: ComponentSchemas,
  path: string,
  componentAt: (path: string) => string | undefined,
): AttributeSchema | undefined => {
  let current: Schema | undefined = schema;
  let attribute: AttributeSchema | undefined;
  const walked: string[] = [];

  for (const segment of path.split('.')) {
    walked.push(segment);
    if (INDEX.test(segment)) {
      if (attribute?.type !== 'dynamiczone') continue;
      current = components[componentAt(walked.join('.')) ?? ''];
      continue;
    }
    attribute = current?.attributes[segment];
    if (!attribute) return undefined;
    if (attribute.component) current = components[attribute.component];
  }

  return attribute;
};

/** Whether a type shows a torrent anywhere; components may contain themselves. */
export const hasTorrentField = (
  schema: Schema,
  components: ComponentSchemas,
  seen: ReadonlySet<string> = new Set(),
): boolean =>
  Object.values(schema.attributes).some((attribute) => {
    if (!attribute) return false;
    if (attribute.customField === FIELD_UID) return true;

    const nested = [attribute.component ?? [], attribute.components ?? []].flat();

    return nested.some((uid) => {
      const component = components[uid];

      return (
        component !== undefined &&
        !seen.has(uid) &&
        hasTorrentField(component, components, new Set([...seen, uid]))
      );
    });
  });
