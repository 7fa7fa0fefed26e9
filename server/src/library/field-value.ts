/** What a torrent field's JSON may hold: what clients send in, and what the server stores. */

import { errors } from '@strapi/utils';
import type { StoredTorrentField } from '../../../shared/field-options';

/** Files in one torrent: a bound on what one request can set in motion. */
export const MAX_FILES = 1000;

/**
 * A selection of media by `documentId` or numeric id; `unchanged` leaves what is stored;
 * `settings` are the editor's choices alone, of a field that takes its files from elsewhere: those that are
 * left out stay as they are.
 */
export type FieldInput =
  | { kind: 'unchanged' }
  | { kind: 'settings'; settings: Partial<FieldSettings> }
  | { kind: 'selection'; files: (string | number)[]; settings: FieldSettings };

export interface FieldSettings {
  /** Files which anybody can get may become a torrent that not everybody may have. */
  confirmed: boolean;
  /** False: the everseed leaves this torrent alone. */
  seed: boolean;
}

const DEFAULTS: FieldSettings = { confirmed: false, seed: true };

/**
 * Reads what a client sends into the field. Only the choice of files and the editor's settings
 * are taken; an info-hash, a status or a job in it is ignored, so that nothing can be forged and that an
 * entry which was read by REST can be sent back as it came.
 *
 * @throws ValidationError (400) that names the attribute
 */
export function parseFieldInput(value: unknown, path: string): FieldInput {
  if (value === null) return { kind: 'selection', files: [], settings: DEFAULTS };
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new errors.ValidationError(
      `${path} must be null or an object like {"files": ["<documentId of media>"]}`,
    );
  }
  const files: unknown = 'files' in value ? value.files : undefined;
  const confirmed: unknown = 'confirmUnprotected' in value ? value.confirmUnprotected : undefined;
  const seed: unknown = 'seed' in value ? value.seed : undefined;
  if (seed !== undefined && typeof seed !== 'boolean') {
    throw new errors.ValidationError(`${path}.seed must be true or false`);
  }
  const settings: Partial<FieldSettings> = {
    ...(typeof confirmed === 'boolean' ? { confirmed } : {}),
    ...(seed === undefined ? {} : { seed }),
  };
  if (files === undefined || isOutput(files)) {
    const any = Object.keys(settings).length > 0;
    return any ? { kind: 'settings', settings } : { kind: 'unchanged' };
  }
  if (!Array.isArray(files) || !files.every(isMediaId)) {
    throw new errors.ValidationError(`${path}.files must be a list of media ids or documentIds`);
  }
  if (files.length > MAX_FILES) {
    throw new errors.ValidationError(`${path}.files may hold at most ${MAX_FILES} files`);
  }
  return { kind: 'selection', files, settings: { ...DEFAULTS, ...settings } };
}

/** `files` of our own REST output: `[{ path, size }]`. */
function isOutput(files: unknown): boolean {
  return (
    Array.isArray(files) &&
    files.length > 0 &&
    files.every((file) => typeof file === 'object' && file !== null)
  );
}

function isMediaId(value: unknown): value is string | number {
  return (typeof value === 'string' && value !== '') || Number.isSafeInteger(value);
}

/** Reads the stored JSON; anything foreign or of an older shape counts as empty. */
export function parseStored(value: unknown): StoredTorrentField {
  if (typeof value !== 'object' || value === null) return {};
  const stored: Record<string, unknown> = { ...value };
  const { files, job, revision, confirmUnprotected, seed } = stored;
  return {
    ...(Array.isArray(files) ? { files: files.filter((id) => typeof id === 'string') } : {}),
    ...(typeof job === 'string' ? { job } : {}),
    ...(typeof revision === 'number' ? { revision } : {}),
    ...(confirmUnprotected === true ? { confirmUnprotected } : {}),
    ...(seed === false ? { seed } : {}),
  };
}

export const settingsOf = ({ confirmUnprotected, seed }: StoredTorrentField): FieldSettings => ({
  confirmed: confirmUnprotected === true,
  seed: seed !== false,
});

/** The editor's settings as they are stored: what is as usual is left out. */
export function storedSettings({ confirmed, seed }: FieldSettings): StoredTorrentField {
  return { ...(confirmed ? { confirmUnprotected: true } : {}), ...(seed ? {} : { seed: false }) };
}
