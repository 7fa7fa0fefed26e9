/**
 * What the entry's form holds for a torrent field. Content history, imports and API clients can
 * put anything there, so nothing is believed about its shape.
 */

import type { StoredTorrentField } from '../../../shared/field-options';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Older content may hold the JSON as text. */
const parseText = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
};

const documentIdOf = (item: unknown): string[] => {
  const id = isRecord(item) ? item.documentId : item;

  return typeof id === 'string' && id !== '' ? [id] : [];
};

export type FormValue = Omit<StoredTorrentField, 'revision'> & { files: string[] };

/** Never throws; what cannot be understood counts as an empty field. */
export const readStoredValue = (value: unknown): FormValue => {
  const stored = typeof value === 'string' ? parseText(value) : value;
  if (!isRecord(stored)) return { files: [] };

  const files = Array.isArray(stored.files) ? stored.files.flatMap(documentIdOf) : [];
  const job = typeof stored.job === 'string' && stored.job !== '' ? { job: stored.job } : {};

  const confirmed = stored.confirmUnprotected === true ? { confirmUnprotected: true as const } : {};
  const seed = stored.seed === false ? { seed: false as const } : {};

  return { files: [...new Set(files)], ...job, ...confirmed, ...seed };
};

/** Another choice of files: what was confirmed of the last one does not hold for it. */
export const toStoredValue = (
  files: string[],
  { seed }: Pick<FormValue, 'seed'> = {},
): StoredTorrentField | null =>
  files.length > 0 ? { files, ...(seed === false ? { seed } : {}) } : null;

/** What the server takes from a form that only changes a setting: silence would leave what is stored. */
const settingsOf = ({ files, confirmUnprotected, seed }: FormValue) => ({
  ...(files.length > 0 ? { files } : {}),
  ...(confirmUnprotected === true ? { confirmUnprotected } : {}),
  seed: seed !== false,
});

/** The editor wants the torrent of files that anybody can get; the choice of files stays. */
export const toConfirmedValue = (stored: FormValue) => ({
  ...settingsOf(stored),
  confirmUnprotected: true,
});

/** The everseed on or off for this torrent. */
export const toSeededValue = ({ job, ...stored }: FormValue, seed: boolean) => ({
  ...settingsOf(stored),
  ...(job === undefined ? {} : { job }),
  seed,
});

/** Moves one item a step up (-1) or down (1); an impossible step changes nothing. */
export const moveItem = <T>(items: readonly T[], index: number, step: -1 | 1): T[] => {
  const target = index + step;
  const item = items[index];
  const other = items[target];
  if (item === undefined || other === undefined) return [...items];

  return items.map((current, at) => (at === index ? other : at === target ? item : current));
};

/** Files of a sibling media attribute, as the form holds them: one, many or none. */
export const mediaNames = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).flatMap((item: unknown) =>
    isRecord(item) && typeof item.name === 'string' ? [item.name] : [],
  );

/** Identifies the choice of files in a form value, to see whether it was edited. */
export const mediaIdentity = (value: unknown): string =>
  (Array.isArray(value) ? value : [value])
    .flatMap((item: unknown) => (isRecord(item) ? [String(item.documentId ?? item.id)] : []))
    .join(',');
