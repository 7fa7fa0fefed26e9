/** Which saved entry the edit view shows, as the plugin's routes name it. */

import { useMemo } from 'react';

import { unstable_useDocument as useDocument, useQueryParams } from '@strapi/strapi/admin';
import { useLocation, useParams } from 'react-router-dom';

import type { AdminFieldsQuery } from '../../../shared/admin-api';
import type { ComponentSchemas, Schema } from './attribute-path';

export interface SavedEntry {
  kind: 'saved';
  query: AdminFieldsQuery;
  /** Changes with every save, publication and withdrawal. */
  version: string;
}

/** `unsaved`: being created or copied. `past`: a version of the content history. */
export type EditedEntry = SavedEntry | { kind: 'loading' } | { kind: 'unsaved' } | { kind: 'past' };

interface EditViewQuery {
  status?: 'draft' | 'published';
  plugins?: Record<string, Record<string, unknown>>;
}

/**
 * The parameters under which the edit view itself asks for the document. The same ones here mean
 * that its cached answer is used, and no second request is made.
 */
const documentParams = ({ plugins, ...rest }: EditViewQuery): object =>
  Object.assign({}, rest, ...Object.values(plugins ?? {})) as object;

export const useEditedEntry = (): {
  entry: EditedEntry;
  schema: Schema | undefined;
  components: ComponentSchemas;
} => {
  const { collectionType = '', slug = '', id, origin } = useParams();
  const { pathname } = useLocation();
  const [{ query }] = useQueryParams<EditViewQuery>();
  const params = useMemo(() => documentParams(query), [query]);

  const isCreating =
    origin !== undefined || (collectionType !== 'single-types' && (!id || id === 'create'));
  const { document, schema, components, isLoading } = useDocument(
    { collectionType, model: slug, params, ...(id ? { documentId: id } : {}) },
    { skip: isCreating },
  );

  const entry = useMemo((): EditedEntry => {
    if (pathname.endsWith('/history')) return { kind: 'past' };
    if (isCreating) return { kind: 'unsaved' };
    if (!document) return { kind: isLoading ? 'loading' : 'unsaved' };

    const { documentId, locale, updatedAt, status, id: row } = document as Record<string, unknown>;
    // A locale that was not written yet: the document answers without a row.
    if (typeof documentId !== 'string' || row == null) return { kind: 'unsaved' };

    return {
      kind: 'saved',
      query: {
        uid: slug,
        documentId,
        ...(typeof locale === 'string' ? { locale } : {}),
        ...(schema?.options?.draftAndPublish ? { status: query.status ?? 'draft' } : {}),
      },
      version: `${String(updatedAt)} ${String(status)}`,
    };
  }, [document, isCreating, isLoading, pathname, query.status, schema, slug]);

  return { entry, schema, components };
};
