/** Downloads one torrent with a real client on loopback; DHT, PEX, LSD and port mapping are off. */

import fs from 'node:fs/promises';
import { prepareClient, type ClientOptions } from './running-client';

export interface DownloadOptions extends ClientOptions {
  /** The content appears in it under the torrent's name; made when it is not there. */
  outDir: string;
  timeoutMs: number;
  /** Runs when the content is complete and the client (but aria2, which ends by itself) still lives. */
  whenComplete?: (client: { output(): string }) => Promise<void> | void;
}

export interface DownloadResult {
  ok: boolean;
  /** From start to completion, the client's own start-up included. */
  seconds: number;
  /** The client's state; when it failed, the end of its output as well. */
  detail: string;
}

/**
 * Resolves when the client has ended, and its content is on the disk. Throws `MissingProgramError` when
 * it is not installed; a client that fails is a result with `ok: false`.
 */
export async function download(options: DownloadOptions): Promise<DownloadResult> {
  const { outDir, timeoutMs } = options;
  const started = performance.now();
  const client = await prepareClient(options, { folder: outDir, seed: false, timeoutMs });
  try {
    await fs.mkdir(outDir, { recursive: true });
    const { complete, detail } = await client.untilComplete();
    const seconds = (performance.now() - started) / 1000;
    if (complete) await options.whenComplete?.(client);
    return {
      ok: complete,
      seconds,
      detail: complete ? detail : `${detail}\n${client.output()}`,
    };
  } finally {
    await client.stop();
  }
}
