/** Numbers and sizes in the administrator's language. */

import { useMemo } from 'react';

import { useIntl } from 'react-intl';

import { toByteSize } from './byte-size';

export interface Format {
  bytes: (bytes: number) => string;
  count: (count: number) => string;
  /** From a ratio of 0..1; rounded down, for 100 % must mean done. */
  percent: (ratio: number) => string;
  date: (iso: string) => string;
  /** The same without the time of day, where room is scarce. */
  day: (iso: string) => string;
}

export const useFormat = (): Format => {
  const intl = useIntl();

  return useMemo(
    () => ({
      bytes: (bytes) => {
        const { value, unit } = toByteSize(bytes);

        return intl.formatNumber(value, {
          style: 'unit',
          unit,
          // The short form of English is "10 byte".
          unitDisplay: unit === 'byte' ? 'long' : 'short',
          maximumFractionDigits: unit === 'byte' ? 0 : 1,
        });
      },
      count: (count) => intl.formatNumber(count),
      percent: (ratio) =>
        intl.formatNumber(Math.floor(ratio * 100) / 100, {
          style: 'percent',
          maximumFractionDigits: 0,
        }),
      date: (iso) => intl.formatDate(iso, { dateStyle: 'medium', timeStyle: 'short' }),
      day: (iso) => intl.formatDate(iso, { dateStyle: 'medium' }),
    }),
    [intl],
  );
};
