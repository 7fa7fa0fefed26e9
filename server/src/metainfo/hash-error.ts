/** Why a payload could not be hashed. */

export type HashErrorCode =
  'file-empty' | 'file-missing' | 'file-changed' | 'file-unreadable' | 'aborted' | 'internal';

export class HashError extends Error {
  override readonly name = 'HashError';

  constructor(
    readonly code: HashErrorCode,
    message: string,
    /** Index of the file that caused it, where one did. */
    readonly file: number | null = null,
  ) {
    super(message);
  }
}

/** File system and network errors in the words of the catalogue; never with a path or URL in them. */
export function toHashError(error: unknown, file: number | null): HashError {
  if (error instanceof HashError) return error;
  const code = errorCode(error);
  if (code === 'ENOENT') return new HashError('file-missing', 'The file is not in storage.', file);
  if (code !== null) {
    return new HashError('file-unreadable', `The file cannot be read (${code}).`, file);
  }
  return new HashError('internal', error instanceof Error ? error.message : String(error), file);
}

/** By shape and not by class: errors of another realm (a worker, a test's sandbox) are errors too. */
function errorCode(error: unknown): string | null {
  const hasCode = typeof error === 'object' && error !== null && 'code' in error;
  return hasCode && typeof error.code === 'string' ? error.code : null;
}
