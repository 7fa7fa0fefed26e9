/** The rows of the page, kept up to date while somebody looks. */

import type { AdminTorrentList, AdminTorrentQuery } from '../../../shared/admin-api';
import { useTorrentsQuery } from '../api';
import { usePolling } from '../components/use-polling';

const BUSY_POLL_MS = 2000;
const IDLE_POLL_MS = 5000;
const FORBIDDEN = 403;

export type Torrents =
  | { kind: 'loading' }
  | { kind: 'known'; list: AdminTorrentList; outdated: boolean }
  | { kind: 'forbidden' }
  | { kind: 'unreachable'; retry: () => void };

export const useTorrents = (query: AdminTorrentQuery): Torrents => {
  // The latest rows stay until the next page, order or search is answered.
  const { latest, answer, isFetching, failed, failureStatus, refetch } = useTorrentsQuery(query);
  const busy = latest?.data.some(({ status }) => status === 'queued' || status === 'hashing');
  usePolling({ isFetching, refetch, interval: busy ? BUSY_POLL_MS : IDLE_POLL_MS });

  if (failureStatus === FORBIDDEN) return { kind: 'forbidden' };
  if (failed && !answer) return { kind: 'unreachable', retry: () => void refetch() };

  return latest ? { kind: 'known', list: latest, outdated: failed } : { kind: 'loading' };
};
