import fs from 'node:fs/promises';
import path from 'node:path';
import { isMagnet, untilAnswers, type ClientJob, type Driver } from './driver';
import { freePort } from './free-port';
import { requireProgram } from './requirements';

const ENCRYPTION = { prefer: 0, require: 1, off: 2 };

interface TorrentState {
  hash: string;
  state: string;
  progress: number;
  amount_left: number;
  total_size: number;
}

/** `amount_left` is 0 in these states too, before anything is known. */
const NOT_YET = ['metaDL', 'forcedMetaDL', 'checkingDL', 'checkingResumeData', 'allocating'];

export const qbittorrent: Driver = async (job) => {
  const webPort = await freePort();
  const folder = path.join(job.profile, 'qBittorrent', 'config');
  await fs.mkdir(folder, { recursive: true });
  await fs.writeFile(path.join(folder, 'qBittorrent.conf'), configuration(job));
  const client = job.start(
    requireProgram('qbittorrent-nox'),
    [`--profile=${job.profile}`, `--webui-port=${webPort}`],
    { HOME: job.profile, XDG_CONFIG_HOME: job.profile, QT_QPA_PLATFORM: 'offscreen' },
  );
  const call = async (method: string, body?: FormData | URLSearchParams): Promise<Response> => {
    const response = await fetch(`http://127.0.0.1:${webPort}/api/v2/${method}`, {
      signal: AbortSignal.timeout(5_000),
      ...(body === undefined ? {} : { method: 'POST', body }),
    });
    if (!response.ok) throw new Error(`${method}: ${response.status}`);
    return response;
  };
  await untilAnswers(client, job.signal, () => call('app/version'));
  await call('torrents/add', await torrentForm(job));

  let peersAdded = job.peers.length === 0;
  return async () => {
    const [state] = (await (await call('torrents/info')).json()) as TorrentState[];
    if (state === undefined) return { complete: false, detail: 'not added' };
    if (!peersAdded) {
      const peers = { hashes: state.hash, peers: job.peers.join('|') };
      await call('torrents/addPeers', new URLSearchParams(peers));
      peersAdded = true;
    }
    const trackers = await (await call(`torrents/trackers?hash=${state.hash}`)).json();
    return {
      complete: state.amount_left === 0 && state.total_size > 0 && !NOT_YET.includes(state.state),
      detail: JSON.stringify({ state, trackers }),
    };
  };
};

async function torrentForm(job: ClientJob): Promise<FormData> {
  const form = new FormData();
  if (isMagnet(job.torrent)) form.set('urls', job.torrent);
  else form.set('torrents', new Blob([await fs.readFile(job.torrent)]), 'download.torrent');
  form.set('savepath', job.outDir);
  form.set('paused', 'false');
  form.set('skip_checking', String(job.seed));
  return form;
}

const configuration = (job: ClientJob): string => `[LegalNotice]
Accepted=true
[BitTorrent]
Session\\DHTEnabled=false
Session\\PeXEnabled=false
Session\\LSDEnabled=false
Session\\BTProtocol=${job.utp ? 'Both' : 'TCP'}
Session\\Encryption=${ENCRYPTION[job.encryption]}
Session\\Port=${job.port}
Session\\Interface=lo
Session\\InterfaceName=lo
Session\\InterfaceAddress=${job.bind}
Session\\MultiConnectionsPerIp=true
Session\\QueueingSystemEnabled=false
Session\\AnnounceToAllTrackers=true
Session\\AnnounceToAllTiers=true
Session\\Preallocation=false
Session\\DefaultSavePath=${job.outDir}
[Network]
PortForwardingEnabled=false
[Preferences]
Connection\\UPnP=false
WebUI\\Address=127.0.0.1
WebUI\\LocalHostAuth=false
WebUI\\UseUPnP=false
WebUI\\CSRFProtection=false
WebUI\\HostHeaderValidation=false
`;
