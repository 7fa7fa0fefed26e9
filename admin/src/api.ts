/** Every request of the admin panel to the plugin's admin routes, in one place. */

import { adminApi, isBaseQueryError } from '@strapi/strapi/admin';
import type { BaseQueryError } from '@strapi/strapi/admin';

import type {
  AdminAuditList,
  AdminAuditQuery,
  AdminEverseed,
  AdminFieldState,
  AdminFieldsQuery,
  AdminFieldsResponse,
  AdminKeyList,
  AdminKeyQuery,
  AdminMediaResponse,
  AdminRetryRequest,
  AdminTakedownRequest,
  AdminTorrentList,
  AdminTorrentQuery,
} from '../../shared/admin-api';

export type PickedMedia = AdminMediaResponse['data'][number];

/** A role of the users-permissions plugin; `type` is what the field's `roles` option stores. */
export interface UserRole {
  type: string;
  name: string;
}

const takedownUrl = (infoHash: string): string => `/bittorrent/torrents/${infoHash}/takedown`;

const api = adminApi
  .enhanceEndpoints({
    addTagTypes: [
      'BittorrentTorrents',
      'BittorrentFields',
      'BittorrentAudit',
      'BittorrentKeys',
      'BittorrentEverseed',
    ],
  })
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
      takeDown: build.mutation<unknown, AdminTakedownRequest & { infoHash: string }>({
        query: ({ infoHash, reason }) => ({
          url: takedownUrl(infoHash),
          method: 'POST',
          data: { reason },
        }),
        invalidatesTags: ['BittorrentFields', 'BittorrentTorrents', 'BittorrentAudit'],
      }),
      restore: build.mutation<unknown, string>({
        query: (infoHash) => ({ url: takedownUrl(infoHash), method: 'DELETE' }),
        invalidatesTags: ['BittorrentFields', 'BittorrentTorrents', 'BittorrentAudit'],
      }),
      revokePasskey: build.mutation<unknown, number>({
        query: (userId) => ({ url: `/bittorrent/passkeys/${userId}/revoke`, method: 'POST' }),
        invalidatesTags: ['BittorrentAudit', 'BittorrentKeys'],
      }),
      withdrawKeys: build.mutation<unknown, { userId: number; infoHash: string }>({
        query: ({ userId, infoHash }) => ({
          url: `/bittorrent/torrents/${infoHash}/keys/${userId}/withdraw`,
          method: 'POST',
        }),
        invalidatesTags: ['BittorrentAudit', 'BittorrentKeys'],
      }),
      getKeys: build.query<AdminKeyList, AdminKeyQuery>({
        query: (params) => ({ url: '/bittorrent/keys', config: { params } }),
        providesTags: ['BittorrentKeys'],
      }),
      getAudit: build.query<AdminAuditList, AdminAuditQuery>({
        query: (params) => ({ url: '/bittorrent/audit', config: { params } }),
        providesTags: ['BittorrentAudit'],
      }),
      getEverseed: build.query<AdminEverseed, undefined>({
        query: () => '/bittorrent/everseed',
        providesTags: ['BittorrentEverseed'],
      }),
      testEverseed: build.mutation<AdminEverseed, undefined>({
        query: () => ({ url: '/bittorrent/everseed/test', method: 'POST' }),
        invalidatesTags: ['BittorrentEverseed'],
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

/** What went wrong with a request that changes something, or `null`. */
const problemIn = (
  result: { data: unknown } | { error: BaseQueryError | SerializedError },
): BaseQueryError | null => {
  if (!('error' in result)) return null;

  return isBaseQueryError(result.error)
    ? result.error
    : { name: 'UnknownError', message: result.error.message ?? '' };
};

interface SerializedError {
  name?: string;
  message?: string;
}

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

  return { retry: async (request) => problemIn(await retryField(request)), isRetrying: isLoading };
};

/** Takes torrents down, puts them back, revokes keys; the promises give what went wrong, or `null`. */
export const useModerationRequests = (): {
  takeDown: (
    request: AdminTakedownRequest & { infoHash: string },
  ) => Promise<BaseQueryError | null>;
  restore: (infoHash: string) => Promise<BaseQueryError | null>;
  revokePasskey: (userId: number) => Promise<BaseQueryError | null>;
  withdrawKeys: (key: { userId: number; infoHash: string }) => Promise<BaseQueryError | null>;
  isBusy: boolean;
} => {
  const [takeDown, { isLoading: isTakingDown }] = api.useTakeDownMutation();
  const [restore, { isLoading: isRestoring }] = api.useRestoreMutation();
  const [revokePasskey, { isLoading: isRevoking }] = api.useRevokePasskeyMutation();
  const [withdrawKeys, { isLoading: isWithdrawing }] = api.useWithdrawKeysMutation();

  return {
    takeDown: async (request) => problemIn(await takeDown(request)),
    restore: async (infoHash) => problemIn(await restore(infoHash)),
    revokePasskey: async (userId) => problemIn(await revokePasskey(userId)),
    withdrawKeys: async (key) => problemIn(await withdrawKeys(key)),
    isBusy: isTakingDown || isRestoring || isRevoking || isWithdrawing,
  };
};

/** A page of the audit log; asked anew whenever it is opened. */
export const useAuditQuery = (
  query: AdminAuditQuery,
): Pick<Asked<AdminAuditList>, 'latest' | 'failed'> => {
  const { data, isError } = api.useGetAuditQuery(query, { refetchOnMountOrArgChange: true });

  return { latest: data, failed: isError };
};

/** A page of the keys that users have fetched; asked anew whenever it is opened. */
export const useKeysQuery = (
  query: AdminKeyQuery,
): Pick<Asked<AdminKeyList>, 'latest' | 'failed'> => {
  const { data, isError } = api.useGetKeysQuery(query, { refetchOnMountOrArgChange: true });

  return { latest: data, failed: isError };
};

/** How the everseed is doing; `undefined` while that is not known. Asked anew when the page is opened. */
export const useEverseedQuery = (): AdminEverseed | undefined =>
  api.useGetEverseedQuery(undefined, { refetchOnMountOrArgChange: true }).data;

/** Has the everseed call itself at its public addresses; what it met is in the query's next answer. */
export const useEverseedTest = (): { test: () => Promise<unknown>; isTesting: boolean } => {
  const [test, { isLoading }] = api.useTestEverseedMutation();

  return { test: () => test(undefined), isTesting: isLoading };
};

/** The .torrent file of one of an entry's fields; the route needs the Bearer header. */
export const TORRENT_FILE_URL = '/bittorrent/fields/file';
