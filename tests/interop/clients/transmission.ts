import fs from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import path from 'node:path';
import { isMagnet, untilAnswers, type ClientJob, type Driver } from './driver';
import { freePort } from './free-port';
import { requireProgram } from './requirements';

const ENCRYPTION = { off: 0, prefer: 1, require: 2 };

interface TorrentState {
  haveValid: number;
  haveUnchecked: number;
  leftUntilDone: number;
  sizeWhenDone: number;
  metadataPercentComplete: number;
  percentDone: number;
  errorString: string;
  peersConnected: number;
  webseedsSendingToUs: number;
  trackerStats: { announce: string; lastAnnounceResult: string }[];
}

/** It decides about peers every ten seconds: allow at least thirty. */
export const transmission: Driver = async (job) => {
  const rpcPort = await freePort();
  await fs.writeFile(
    path.join(job.profile, 'settings.json'),
    JSON.stringify(settings(job, rpcPort)),
  );
  const binary = job.transmissionBinary ?? requireProgram('transmission-daemon');
  const client = job.start(binary, ['-f', '-g', job.profile, '--log-info']);
  const call = rpc(rpcPort);
  await untilAnswers(client, job.signal, () => call('session-get', {}));
  await call(
    'torrent-add',
    isMagnet(job.torrent)
      ? { filename: job.torrent }
      : { metainfo: await fs.readFile(job.torrent, 'base64') },
  );
  return async () => {
    const { torrents } = (await call('torrent-get', { fields: FIELDS })) as {
      torrents: TorrentState[];
    };
    const [state] = torrents;
    return {
      complete:
        state?.metadataPercentComplete === 1 && state.sizeWhenDone > 0 && state.leftUntilDone === 0,
      received: (state?.haveValid ?? 0) + (state?.haveUnchecked ?? 0),
      detail: JSON.stringify(state),
    };
  };
};

const FIELDS: (keyof TorrentState)[] = [
  'haveValid',
  'haveUnchecked',
  'leftUntilDone',
  'sizeWhenDone',
  'metadataPercentComplete',
  'percentDone',
  'errorString',
  'peersConnected',
  'webseedsSendingToUs',
  'trackerStats',
];

const settings = (job: ClientJob, rpcPort: number) => ({
  'download-dir': job.outDir,
  // Bound to an address of IPv4, it cannot ask a tracker on ::1.
  'bind-address-ipv4': isIPv6(job.bind) ? '0.0.0.0' : job.bind,
  'bind-address-ipv6': '::1',
  'peer-port': job.port,
  'peer-port-random-on-start': false,
  'dht-enabled': false,
  'pex-enabled': false,
  'lpd-enabled': false,
  'port-forwarding-enabled': false,
  'utp-enabled': job.utp,
  encryption: ENCRYPTION[job.encryption],
  'rpc-port': rpcPort,
  'rpc-bind-address': '127.0.0.1',
  'rpc-whitelist-enabled': false,
  'rpc-host-whitelist-enabled': false,
  'incomplete-dir-enabled': false,
  'rename-partial-files': false,
  'trash-original-torrent-files': false,
  'ratio-limit-enabled': false,
  'speed-limit-down-enabled': false,
  preallocation: 0,
});

/** The first call is answered with 409 and the session id that every later one must carry. */
function rpc(port: number) {
  let session = '';
  return async function call(method: string, args: object): Promise<unknown> {
    const send = () =>
      fetch(`http://127.0.0.1:${port}/transmission/rpc`, {
        method: 'POST',
        headers: { 'X-Transmission-Session-Id': session },
        body: JSON.stringify({ method, arguments: args }),
        signal: AbortSignal.timeout(5_000),
      });
    let response = await send();
    if (response.status === 409) {
      session = response.headers.get('x-transmission-session-id') ?? '';
      response = await send();
    }
    const answer = (await response.json()) as { result: string; arguments: unknown };
    if (answer.result !== 'success') throw new Error(`${method}: ${answer.result}`);
    return answer.arguments;
  };
}
