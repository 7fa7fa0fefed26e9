/** Downloads one torrent with a real client on loopback; DHT, PEX, LSD and port mapping are off. */

import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { aria2 } from './aria2';
import { startProcess, type ClientProcess } from './client-process';
import {
  isMagnet,
  type ClientJob,
  type ClientStatus,
  type Driver,
  type Encryption,
} from './driver';
import { freePort } from './free-port';
import { libtorrent } from './libtorrent';
import { qbittorrent } from './qbittorrent';
import { MissingProgramError } from './requirements';
import { rtorrent } from './rtorrent';
import { transmission } from './transmission';

const DRIVERS = { aria2, transmission, libtorrent, qbittorrent, rtorrent } satisfies Record<
  string,
  Driver
>;

export type ClientName = keyof typeof DRIVERS;
export const CLIENTS = Object.keys(DRIVERS) as ClientName[];

/** These can be told of a peer without a tracker. */
const TAKES_PEERS: readonly ClientName[] = ['libtorrent', 'qbittorrent', 'rtorrent'];

export interface DownloadOptions {
  client: ClientName;
  /** Path of a .torrent file, or a magnet link. rTorrent wants a tracker in it. */
  torrent: string;
  /** The content appears in it under the torrent's name; made when it is not there. */
  outDir: string;
  /** 127.0.0.x of the client's own: they are told apart by address, and some allow one peer for each. */
  bind: string;
  timeoutMs: number;
  /** Listening port; default: a free one. */
  port?: number;
  /** Default `prefer`. */
  encryption?: Encryption;
  /** uTP; default off. */
  utp?: boolean;
  /** `ip:port` to connect to; libtorrent, qBittorrent and (beside a tracker) rTorrent only. */
  peers?: readonly string[];
  /** Needed by aria2 alone. */
  udpTracker?: boolean;
  /** The copy of `makeLoopbackTransmission`, for peers on 127/8. */
  transmissionBinary?: string;
  /** Runs when the content is complete and the client (but aria2, which ends by itself) still lives. */
  whenComplete?: () => Promise<void> | void;
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
  const { client, peers = [] } = options;
  if (peers.length > 0 && !TAKES_PEERS.includes(client)) {
    throw new Error(`${client} cannot be told of peers`);
  }
  const profile = await fs.mkdtemp(path.join(os.tmpdir(), `${client}-`));
  const processes: ClientProcess[] = [];
  const started = performance.now();
  try {
    const job = await prepareJob(options, profile, processes);
    const { complete, detail } = await runJob(DRIVERS[client], job, processes);
    const seconds = (performance.now() - started) / 1000;
    if (complete) await options.whenComplete?.();
    const output = processes.map((process) => process.output()).join('');
    return { ok: complete, seconds, detail: complete ? detail : `${detail}\n${output}` };
  } finally {
    await Promise.all(processes.map((process) => process.stop()));
    await fs.rm(profile, { recursive: true, force: true });
  }
}

async function prepareJob(
  options: DownloadOptions,
  profile: string,
  processes: ClientProcess[],
): Promise<ClientJob> {
  const { torrent, outDir, bind } = options;
  await fs.mkdir(outDir, { recursive: true });
  return {
    torrent: isMagnet(torrent) ? torrent : path.resolve(torrent),
    outDir: path.resolve(outDir),
    bind,
    port: options.port ?? (await freePort(bind)),
    profile,
    encryption: options.encryption ?? 'prefer',
    utp: options.utp ?? false,
    peers: options.peers ?? [],
    udpTracker: options.udpTracker ?? false,
    transmissionBinary: options.transmissionBinary,
    signal: AbortSignal.timeout(options.timeoutMs),
    start: (command, args, environment) => {
      const client = startProcess(command, args, environment);
      processes.push(client);
      return client;
    },
  };
}

async function runJob(
  driver: Driver,
  job: ClientJob,
  processes: readonly ClientProcess[],
): Promise<ClientStatus> {
  let last: ClientStatus = { complete: false, detail: 'did not start' };
  try {
    const status = await driver(job);
    for (;;) {
      // Before the question: a client that ends by itself is asked once more after its end.
      const over = job.signal.aborted || processes.some((process) => process.exited() !== null);
      last = await status();
      if (last.complete || over) return last;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } catch (error) {
    if (error instanceof MissingProgramError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return { complete: false, detail: `${reason}; before that: ${last.detail}` };
  }
}
