import { useEffect, useRef } from 'react';

import { useDocumentVisible } from './use-document-visible';

interface Polling {
  skip?: boolean;
  isFetching: boolean;
  /** Milliseconds between an answer, good or bad, and the next question. */
  interval: number;
  refetch: () => unknown;
}

/**
 * Keeps a query up to date while the tab is visible; at once when somebody comes back to it.
 * Components that show the same query ask together: its first question holds back the others'.
 *
 * Not RTK Query's `pollingInterval`: Strapi's store holds the middleware of `adminApi` twice (the
 * i18n plugin adds it again), and the second copy hears of no change to an interval, nor of its end.
 */
export const usePolling = ({ skip = false, isFetching, interval, refetch }: Polling) => {
  const visible = useDocumentVisible();
  const answeredAt = useRef(0);

  useEffect(() => {
    if (!isFetching) answeredAt.current = Date.now();
  }, [isFetching]);

  useEffect(() => {
    if (skip || isFetching || !visible) return undefined;
    const wait = Math.max(0, answeredAt.current + interval - Date.now());
    const timer = setTimeout(refetch, wait);

    return () => clearTimeout(timer);
  }, [interval, isFetching, refetch, skip, visible]);
};
