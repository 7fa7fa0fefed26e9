/** Every request of the admin panel to the plugin's admin routes, in one place. */

import { adminApi, isBaseQueryError } from '@strapi/strapi/admin';
import type { BaseQueryError } from '@strapi/strapi/admin';

import type {
  AdminFieldState,
  AdminFieldsQuery,
  AdminFieldsResponse,
  AdminMediaResponse,
  AdminRetryRequest,
  AdminTorrentList,
  AdminTorrentQuery,
} from '../../shared/admin-api';

export type PickedMedia = AdminMediaResponse['data'][number];

/** A role of the users-permissions plugin; `type` is what the field's `roles` option stores. */
export interface UserRole {
  type: string;
  name: string;
}

const api = adminApi
  .enhanceEndpoints({ addTagTypes: ['BittorrentTorrents', 'BittorrentFields'] })
  .injectEndpoints({
    endpoints: (build) => ({
      getTorrents: build.query<AdminTorrentList, AdminTorrentQuery>({
        query: ({ search, ...rest }) => ({
          url: '/bittorrent/torrents',
          config: {
            // Strapi's fetch client does not encode parameters: what a person typed must be.
            params: search ? { ...rest, search: encodeURIComponent(search) } : rest,
          },
        }),
        providesTags: ['BittorrentTorrents'],
      }),
      getFields: build.query<AdminFieldState[], AdminFieldsQuery>({
        query: (params) => ({ url: '/bittorrent/fields', config: { params } }),
        transformResponse: (response: AdminFieldsResponse) => response.data,
        providesTags: ['BittorrentFields'],
      }),
      retryField: build.mutation<unknown, AdminRetryRequest>({
        query: (data) => ({ url: '/bittorrent/fields/retry', method: 'POST', data }),
        invalidatesTags: ['BittorrentFields', 'BittorrentTorrents'],
      }),
      getPickedMedia: build.query<PickedMedia[], string[]>({
        query: (ids) => ({
          url: '/bittorrent/media',
          config: { params: { ids: ids.map(encodeURIComponent).join(',') } },
        }),
        transformResponse: (response: AdminMediaResponse) => response.data,
      }),
      getUserRoles: build.query<UserRole[], undefined>({
        query: () => '/users-permissions/roles',
        transformResponse: (response: { roles: UserRole[] }) => response.roles,
      }),
    }),
  });

/** What a component knows of a question that it asks again and again. */
export interface Asked<T> {
  /** The latest answer, be it to the question before while this one is on its way. */
  latest: T | undefined;
  /** The answer to this question. */
  answer: T | undefined;
  isFetching: boolean;
  failed: boolean;
  /** HTTP status of a failure; `null` when there was no answer at all. */
  failureStatus: number | null;
  refetch: () => unknown;
}

interface QueryState<T> {
  data?: T | undefined;
  currentData?: T | undefined;
  error?: unknown;
  isError: boolean;
  isFetching: boolean;
}

const statusOf = (error: unknown): number | null =>
  typeof error === 'object' &&
  error !== null &&
  'status' in error &&
  typeof error.status === 'number'
    ? error.status
    : null;

const toAsked = <T>(state: QueryState<T>, refetch: () => unknown): Asked<T> => ({
  latest: state.data,
  answer: state.currentData,
  isFetching: state.isFetching,
  failed: state.isError,
  failureStatus: statusOf(state.error),
  refetch,
});

/** The page's rows; asked anew whenever the page is opened. */
export const useTorrentsQuery = (query: AdminTorrentQuery): Asked<AdminTorrentList> => {
  const { refetch } = api.endpoints.getTorrents.useQuerySubscription(query, {
    refetchOnMountOrArgChange: true,
  });

  return toAsked<AdminTorrentList>(api.endpoints.getTorrents.useQueryState(query), refetch);
};

/** The torrent fields of an entry; components that show the same entry share one request. */
export const useFieldsQuery = (
  query: AdminFieldsQuery,
  { skip }: { skip: boolean },
): Asked<AdminFieldState[]> => {
  const { refetch } = api.endpoints.getFields.useQuerySubscription(query, { skip });

  return toAsked<AdminFieldState[]>(
    api.endpoints.getFields.useQueryState(query, { skip }),
    refetch,
  );
};

/** Names of the media picked in a field. */
export const usePickedMediaQuery = (
  ids: string[],
): Pick<Asked<PickedMedia[]>, 'latest' | 'answer' | 'failed'> => {
  const { data, currentData, isError } = api.useGetPickedMediaQuery(ids, {
    skip: ids.length === 0,
  });

  return { latest: data, answer: currentData, failed: isError };
};

/** Roles of the users-permissions plugin; `undefined` while or where they cannot be read. */
export const useUserRolesQuery = (): UserRole[] | undefined =>
  api.useGetUserRolesQuery(undefined).data;

/** Has a failed or stale torrent made again. The promise gives what went wrong, or `null`. */
export const useRetryField = (): {
  retry: (request: AdminRetryRequest) => Promise<BaseQueryError | null>;
  isRetrying: boolean;
} => {
  const [retryField, { isLoading }] = api.useRetryFieldMutation();

  const retry = async (request: AdminRetryRequest): Promise<BaseQueryError | null> => {
    const result = await retryField(request);
    if (!('error' in result)) return null;

    return isBaseQueryError(result.error)
      ? result.error
      : { name: 'UnknownError', message: result.error.message ?? '' };
  };

  return { retry, isRetrying: isLoading };
};

/** The .torrent file of one of an entry's fields; the route needs the Bearer header. */
export const TORRENT_FILE_URL = '/bittorrent/fields/file';
