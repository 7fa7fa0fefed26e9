/** What every client's driver is given and gives back. */

import type { ClientProcess } from './client-process';

/** `prefer`: the client's usual behaviour. `require`: MSE only. `off`: plaintext only. */
export type Encryption = 'prefer' | 'require' | 'off';

export interface ClientJob {
  /** Absolute path of a .torrent file, or a magnet link. */
  torrent: string;
  /** Absolute: where the content is to appear; of a seeder, where it is. */
  outDir: string;
  /** The content is there, and is to be given to others. */
  seed: boolean;
  /** The client's own 127.0.0.x, or `::1`. */
  bind: string;
  /** Its listening port on that address. */
  port: number;
  /** The client's own, empty folder: configuration, session, sockets. */
  profile: string;
  encryption: Encryption;
  utp: boolean;
  /** `ip:port`, connected to without a tracker. */
  peers: readonly string[];
  /** libtorrent's protection against requests to local addresses. */
  ssrfMitigation: boolean;
  /** A UDP tracker is to be used. */
  udpTracker: boolean;
  /** Another `transmission-daemon` than the installed one. */
  transmissionBinary: string | undefined;
  /** Ends the attempts to reach a client that does not start. */
  signal: AbortSignal;
  /** Starts the client; it is stopped when the download is over, however it ends. */
  start(command: string, args: readonly string[], environment?: NodeJS.ProcessEnv): ClientProcess;
}

export interface ClientStatus {
  complete: boolean;
  /** Bytes of payload, from those clients that are asked for it. */
  received?: number;
  /** For the failure message. */
  detail: string;
}

/** Adds the torrent to a new client; the returned function is asked until the content is complete. */
export type Driver = (job: ClientJob) => Promise<() => ClientStatus | Promise<ClientStatus>>;

export const isMagnet = (torrent: string): boolean => torrent.startsWith('magnet:');

/** Waits until a client answers on its control port. */
export async function untilAnswers<T>(
  client: ClientProcess,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (client.exited() !== null) throw new Error(`ended with ${String(client.exited())}`);
      if (signal.aborted) throw new Error('does not answer', { cause: error });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
