/** SHA-256 of whole files: what the bytes are, however they are cut into pieces. Runs inside the hash worker. */

import { createHash } from 'node:crypto';
import { HashError, toHashError } from './hash-error';
import { readPayload, type PayloadSource } from './payload';

/**
 * @returns 64 hex digits per source
 * @throws HashError
 */
export async function digestFiles(
  sources: readonly PayloadSource[],
  signal: AbortSignal,
): Promise<string[]> {
  const digests: string[] = [];
  for (const [index, source] of sources.entries()) {
    const hash = createHash('sha256');
    try {
      for await (const chunk of readPayload(source, 0)) {
        if (signal.aborted) throw new HashError('aborted', 'No longer wanted.');
        hash.update(chunk);
      }
    } catch (error) {
      throw toHashError(error, index);
    }
    digests.push(hash.digest('hex'));
  }
  return digests;
}
