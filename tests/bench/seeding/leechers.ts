/** Real clients that fetch the payload from one seeder, and say how long the bytes took. */
import { setTimeout as sleep } from 'node:timers/promises';
import { aria2Options } from '../../interop/clients/aria2';
import { startProcess, type ClientProcess } from '../../interop/clients/client-process';
import type { ClientJob, ClientStatus } from '../../interop/clients/driver';
import { PYTHON } from '../../interop/clients/requirements';
import { transmission } from '../../interop/clients/transmission';
import { freePort } from '../subjects/free-port';
import { allCores } from '../subjects/subject';

export interface LeechJob {
  /** A .torrent file whose tracker knows the seeder. */
  torrent: string;
  /** An empty folder for each leecher. */
  outDirs: readonly string[];
  /** The clients' own folder for settings. */
  profile: string;
  encrypted: boolean;
}

/**
 * Fetches the torrent once into each folder, all at the same time.
 * @returns seconds from the first byte of payload to the last piece, as the client sees it: starting
 * and announcing take longer than the transfer, and differ from run to run
 */
export type Leecher = (job: LeechJob) => Promise<number[]>;

const TIMEOUT = 180_000;
/** Beside the seeder's 127.0.0.1: each client has an address of its own, as in real life. */
const addressOf = (n: number): string => `127.0.7.${n + 1}`;

async function withProcess<Result>(
  [program = '', ...args]: readonly string[],
  use: (client: ClientProcess) => Promise<Result>,
): Promise<Result> {
  const client = startProcess(program, args);
  try {
    return await use(client);
  } finally {
    await client.stop();
  }
}

/** @param script libtorrent_peers.py */
export function libtorrentLeecher(script: string): Leecher {
  return (job) => {
    const request = {
      seed: false,
      torrent: job.torrent,
      binds: job.outDirs.map((_, n) => addressOf(n)),
      folders: job.outDirs,
      port: 6881,
      encrypted: job.encrypted,
    };
    return withProcess(allCores([PYTHON, script, JSON.stringify(request)]), async (client) => {
      const deadline = performance.now() + TIMEOUT;
      while (client.exited() === null && performance.now() < deadline) await sleep(20);
      const line = client.lines().at(-1);
      if (client.exited() !== 0 || line === undefined) throw failed('libtorrent', client);
      return JSON.parse(line) as number[];
    });
  };
}

export const aria2Leecher: Leecher = async (job) => {
  const rpc = await freePort();
  const options = aria2Options(await clientJob(job));
  const remote = ['--enable-rpc', `--rpc-listen-port=${rpc}`, '--rpc-max-request-size=1M'];
  const command = allCores(['aria2c', ...options, ...remote, job.torrent]);
  return withProcess(command, (client) =>
    timed('aria2', client, async () => {
      const body = { jsonrpc: '2.0', id: 1, method: 'aria2.tellActive', params: [] };
      const response = await fetch(`http://127.0.0.1:${rpc}/jsonrpc`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      const { result } = (await response.json()) as { result: Aria2Download[] };
      const [download] = result;
      const received = Number(download?.completedLength ?? 0);
      return { received, complete: received > 0 && received === Number(download?.totalLength) };
    }),
  );
};

interface Aria2Download {
  completedLength: string;
  totalLength: string;
}

/** @param binary one that connects to peers on loopback */
export function transmissionLeecher(binary: string): Leecher {
  return async (job) => {
    const clients: ClientProcess[] = [];
    try {
      const status = await transmission({
        ...(await clientJob(job)),
        // As it comes it offers RC4 alone, unless it is called: in a site the everseed calls it.
        ...(!job.encrypted && { encryption: 'off' as const }),
        transmissionBinary: binary,
        start(command, args) {
          const [program = '', ...rest] = allCores([command, ...args]);
          const client = startProcess(program, rest);
          clients.push(client);
          return client;
        },
      });
      const [client] = clients;
      if (client === undefined) throw new Error('transmission was not started');
      return await timed('transmission', client, status);
    } finally {
      for (const client of clients) await client.stop();
    }
  };
}

const POLL = 10;

/** Asks a client for what it has until that is all. */
async function timed(
  name: string,
  client: ClientProcess,
  status: () => Promise<Progress> | Progress,
): Promise<number[]> {
  const deadline = performance.now() + TIMEOUT;
  let began: number | null = null;
  while (performance.now() < deadline && client.exited() === null) {
    const progress = await progressOf(status);
    const now = performance.now();
    if (began === null && (progress?.received ?? 0) > 0) began = now;
    if (progress?.complete === true) return [(now - (began ?? now)) / 1000];
    await sleep(POLL);
  }
  throw failed(name, client);
}

async function progressOf(status: () => Promise<Progress> | Progress): Promise<Progress | null> {
  try {
    return await status();
  } catch {
    return null; // it is only starting
  }
}

type Progress = Pick<ClientStatus, 'complete' | 'received'>;

const failed = (name: string, client: ClientProcess): Error =>
  new Error(`${name} does not complete:\n${client.output()}`);

async function clientJob({ torrent, outDirs, profile, encrypted }: LeechJob): Promise<ClientJob> {
  const [outDir = ''] = outDirs;
  return {
    torrent,
    outDir,
    bind: addressOf(0),
    port: await freePort(),
    profile,
    encryption: encrypted ? 'require' : 'prefer',
    utp: false,
    peers: [],
    udpTracker: false,
    transmissionBinary: undefined,
    seed: false,
    ssrfMitigation: true,
    signal: AbortSignal.timeout(TIMEOUT),
    start: startProcess,
  };
}
