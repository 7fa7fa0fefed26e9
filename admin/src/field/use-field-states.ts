/** The torrents of the entry that is being edited, kept up to date while somebody looks. */

import { useEffect, useRef, useState } from 'react';

import type { AdminFieldState } from '../../../shared/admin-api';
import { useFieldsQuery } from '../api';
import { usePolling } from '../components/use-polling';
import type { EditedEntry } from './use-edited-entry';

/** Progress is watched closely, a swarm at leisure. */
const BUSY_POLL_MS = 2000;
const IDLE_POLL_MS = 5000;
/** A save makes its torrent just after the answer: look often until it shows up. */
const AFTER_SAVE_MS = 10_000;
const FORBIDDEN = 403;

export type FieldStates =
  | { kind: 'loading' }
  | { kind: 'known'; fields: AdminFieldState[]; outdated: boolean }
  | { kind: 'forbidden' }
  | { kind: 'unreachable' };

/** True for `ms` after the first render and after every change of `value`. */
const useRecentlyChanged = (value: string | null, ms: number): boolean => {
  const [settled, setSettled] = useState<{ value: string | null }>();

  useEffect(() => {
    const timer = setTimeout(() => setSettled({ value }), ms);

    return () => clearTimeout(timer);
  }, [value, ms]);

  return !settled || settled.value !== value;
};

const isBusy = ({ status }: AdminFieldState): boolean =>
  status === 'queued' || status === 'hashing';

const NOTHING = { uid: '', documentId: '' };

export const useFieldStates = (entry: EditedEntry): FieldStates => {
  const query = entry.kind === 'saved' ? entry.query : NOTHING;
  const version = entry.kind === 'saved' ? entry.version : null;
  const skip = version === null;

  const { answer, isFetching, failed, failureStatus, refetch } = useFieldsQuery(query, { skip });
  const recentlySaved = useRecentlyChanged(version, AFTER_SAVE_MS);
  const busy = recentlySaved || (answer?.some(isBusy) ?? false);
  usePolling({ skip, isFetching, refetch, interval: busy ? BUSY_POLL_MS : IDLE_POLL_MS });

  const seen = useRef(version);
  useEffect(() => {
    const before = seen.current;
    seen.current = version;
    if (version !== null && before !== null && before !== version) refetch();
  }, [refetch, version]);

  if (failureStatus === FORBIDDEN) return { kind: 'forbidden' };
  if (answer) return { kind: 'known', fields: answer, outdated: failed };

  return { kind: failed ? 'unreachable' : 'loading' };
};
