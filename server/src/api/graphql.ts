/** GraphQL, where its plugin is installed: torrent fields have the type `BittorrentTorrent`. */

import type { Core } from '@strapi/strapi';
import { readerFromAuth } from '../access';
import { isTorrentAttribute, type Library } from '../library';

/** What is used of nexus, which the graphql plugin hands over: it must be the plugin's own copy. */
interface Nexus {
  objectType(definition: {
    name: string;
    description?: string;
    definition(t: Fields): void;
  }): unknown;
  enumType(definition: { name: string; members: readonly string[] }): unknown;
  extendType(definition: { type: string; definition(t: Fields): void }): unknown;
}

interface FieldOptions {
  type?: string;
  description?: string;
  resolve?: (
    parent: Record<string, unknown>,
    args: unknown,
    context: { state: { auth?: unknown } },
  ) => unknown;
}

interface Fields {
  nonNull: Fields;
  list: Fields;
  string(name: string, options?: FieldOptions): void;
  int(name: string, options?: FieldOptions): void;
  float(name: string, options?: FieldOptions): void;
  boolean(name: string, options?: FieldOptions): void;
  field(name: string, options: FieldOptions): void;
}

interface Extension {
  shadowCRUD(uid: string): {
    disable(): void;
    field(name: string): { disableOutput(): void };
  };
  use(extension: (tools: { nexus: Nexus }) => { types: unknown[] }): void;
}

interface Naming {
  getTypeName(schema: Schema): string;
}

interface Schema {
  uid: string;
  modelType: 'component' | 'contentType';
  globalId: string;
  attributes: Record<string, unknown>;
}

const OWN_TYPES = ['job', 'torrent', 'placement', 'passkey', 'change', 'withdrawal'];

export function registerGraphql({ strapi }: { strapi: Core.Strapi }, library: () => Library): void {
  if (!('graphql' in strapi.plugins)) return;
  const graphql = strapi.plugin('graphql');
  const extension: Extension = graphql.service('extension');
  const { naming }: { naming: Naming } = graphql.service('utils');
  for (const name of OWN_TYPES) extension.shadowCRUD(`plugin::bittorrent.${name}`).disable();

  // Typed by the site's generated types, of which a plugin knows none.
  const contentTypes = strapi.contentTypes as unknown as Record<string, Schema>;
  const components = strapi.components as unknown as Record<string, Schema>;
  const schemas = [...Object.values(contentTypes), ...Object.values(components)];
  const holders = schemas
    .map((schema) => ({ schema, fields: torrentAttributes(schema) }))
    .filter(({ fields }) => fields.length > 0);
  for (const { schema, fields } of holders) {
    for (const name of fields) extension.shadowCRUD(schema.uid).field(name).disableOutput();
  }

  extension.use(({ nexus }) => ({
    types: [
      ...torrentTypes(nexus),
      ...holders.map(({ schema, fields }) =>
        nexus.extendType({
          type: schema.modelType === 'component' ? schema.globalId : naming.getTypeName(schema),
          definition: (t) => fields.forEach((name) => torrentField(t, name, library)),
        }),
      ),
    ],
  }));
}

function torrentAttributes({ attributes }: Schema): string[] {
  return Object.keys(attributes).filter((name) => isTorrentAttribute(attributes[name]));
}

function torrentField(t: Fields, name: string, library: () => Library): void {
  t.field(name, {
    type: 'BittorrentTorrent',
    resolve: (parent, _args, { state }) =>
      library().values.ofField(parent[name], readerFromAuth(state.auth)),
  });
}

function torrentTypes(nexus: Nexus): unknown[] {
  return [
    nexus.enumType({
      name: 'BittorrentTorrentStatus',
      members: ['queued', 'hashing', 'ready', 'failed', 'stale'],
    }),
    nexus.objectType({
      name: 'BittorrentTorrentFile',
      definition(t) {
        t.nonNull.string('path');
        t.nonNull.float('size', { description: 'Bytes; a Float because an Int ends at 2 GiB.' });
      },
    }),
    nexus.objectType({
      name: 'BittorrentTorrent',
      description: 'A torrent and its live swarm.',
      definition: defineTorrent,
    }),
  ];
}

function defineTorrent(t: Fields): void {
  t.nonNull.field('status', { type: 'BittorrentTorrentStatus' });
  t.nonNull.float('progress', { description: '0 to 1.' });
  t.string('error');
  t.string('infoHash', { description: '40 hexadecimal digits.' });
  t.string('infoHashV2');
  t.string('name');
  t.float('size', { description: 'Bytes.' });
  t.int('pieceLength', { description: 'Bytes.' });
  t.nonNull.list.nonNull.field('files', { type: 'BittorrentTorrentFile' });
  t.nonNull.boolean('private');
  t.string('magnet');
  t.string('torrentUrl');
  t.nonNull.list.nonNull.string('webSeeds');
  t.nonNull.int('seeders');
  t.nonNull.int('leechers');
  t.nonNull.int('completed');
  t.nonNull.int('revision');
  t.nonNull.string('createdAt', { description: 'ISO 8601.' });
}
