/** One client at work on one torrent: its folder, its processes, and the end of both. */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startProcess, type ClientProcess } from './client-process';
import { isMagnet, type ClientJob, type ClientStatus, type Encryption } from './driver';
import { DRIVERS, TAKES_PEERS, type ClientName } from './drivers';
import { freePort } from './free-port';
import { MissingProgramError } from './requirements';

export interface ClientOptions {
  client: ClientName;
  /** Path of a .torrent file, or a magnet link. rTorrent wants a tracker in it. */
  torrent: string;
  /** 127.0.0.x of the client's own: they are told apart by address, and some allow one peer for each. Or `::1`. */
  bind: string;
  /** Listening port; default: a free one. */
  port?: number;
  /** Default `prefer`. */
  encryption?: Encryption;
  /** uTP; default off. */
  utp?: boolean;
  /** `ip:port` to connect to; libtorrent, qBittorrent and (beside a tracker) rTorrent only. */
  peers?: readonly string[];
  /** libtorrent's protection against requests to local addresses; default on, as its users have it. */
  ssrfMitigation?: boolean;
  /** Needed by aria2 alone. */
  udpTracker?: boolean;
  /** The copy of `makeLoopbackTransmission`, for peers on 127/8. */
  transmissionBinary?: string;
}

export interface RunningClient {
  readonly job: ClientJob;
  /**
   * Runs the driver until the client says that its content is complete, ends, or the time is over.
   * A client that fails is a status; throws `MissingProgramError` when it is not installed.
   */
  untilComplete(): Promise<ClientStatus>;
  /** The last of its output. */
  output(): string;
  /** Resolves when all of its processes have gone and its folder with them. */
  stop(): Promise<void>;
}

/** @param folder where the content is, or is to appear */
export async function prepareClient(
  options: ClientOptions,
  { folder, seed, timeoutMs }: { folder: string; seed: boolean; timeoutMs: number },
): Promise<RunningClient> {
  const { client, torrent, bind, peers = [] } = options;
  if (peers.length > 0 && !TAKES_PEERS.includes(client)) {
    throw new Error(`${client} cannot be told of peers`);
  }
  const processes: ClientProcess[] = [];
  const profile = await fs.mkdtemp(path.join(os.tmpdir(), `${client}-`));
  const job: ClientJob = {
    torrent: isMagnet(torrent) ? torrent : path.resolve(torrent),
    outDir: path.resolve(folder),
    seed,
    bind,
    port: options.port ?? (await freePort(bind)),
    profile,
    encryption: options.encryption ?? 'prefer',
    utp: options.utp ?? false,
    peers,
    ssrfMitigation: options.ssrfMitigation ?? true,
    udpTracker: options.udpTracker ?? false,
    transmissionBinary: options.transmissionBinary,
    signal: AbortSignal.timeout(timeoutMs),
    start: (command, args, environment) => {
      const process = startProcess(command, args, environment);
      processes.push(process);
      return process;
    },
  };
  return {
    job,
    untilComplete: () => runDriver(client, job, processes),
    output: () => processes.map((process) => process.output()).join(''),
    async stop() {
      await Promise.all(processes.map((process) => process.stop()));
      await fs.rm(profile, { recursive: true, force: true });
    },
  };
}

async function runDriver(
  client: ClientName,
  job: ClientJob,
  processes: readonly ClientProcess[],
): Promise<ClientStatus> {
  let last: ClientStatus = { complete: false, detail: 'did not start' };
  try {
    const status = await DRIVERS[client](job);
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
