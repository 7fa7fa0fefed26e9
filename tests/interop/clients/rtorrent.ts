import fs from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import path from 'node:path';
import { isMagnet, untilAnswers, type ClientJob, type Driver } from './driver';
import { requireProgram } from './requirements';
import { callScgi } from './scgi';

const ENCRYPTION = {
  prefer: 'allow_incoming,try_outgoing,enable_retry',
  require: 'require,require_RC4,allow_incoming,try_outgoing',
  off: 'none',
};

/** As a daemon it prints nothing. */
const LOG = 'rtorrent.log';
const LOG_LINES = 10;
const NO_SUCH_TORRENT = '-501';

/** It knows no web seeds, and silently drops a torrent without a tracker while its DHT is off. */
export const rtorrent: Driver = async (job) => {
  const control = path.join(job.profile, 'scgi.sock');
  const session = path.join(job.profile, 'session');
  const configuration = path.join(job.profile, 'rtorrent.rc');
  await fs.mkdir(session);
  await fs.writeFile(configuration, `${commands(job, session, control).join('\n')}\n`);
  const client = job.start(requireProgram('rtorrent'), ['-n', '-o', `import=${configuration}`], {
    TERM: 'xterm',
    HOME: job.profile,
  });
  await untilAnswers(client, job.signal, () => callScgi(control, 'system.client_version'));
  if (isMagnet(job.torrent)) await callScgi(control, 'load.start', ['', job.torrent]);
  else await callScgi(control, 'load.raw_start', ['', await fs.readFile(job.torrent)]);

  /** Whether the peers were told to the torrent itself, or only to what a magnet link begins as. */
  let toldAs: 'meta' | 'torrent' | null = null;

  async function stateOf(hash: string) {
    const ask = async (field: string) => (await callScgi(control, field, [hash])).join();
    const isMeta = await ask('d.is_meta');
    const kind = isMeta === '1' ? 'meta' : 'torrent';
    if (toldAs !== kind) {
      for (const peer of job.peers) await callScgi(control, 'add_peer', [hash, peer]);
      toldAs = kind;
    }
    return {
      complete: await ask('d.complete'),
      isMeta,
      completedBytes: await ask('d.completed_bytes'),
      peers: await ask('d.peers_connected'),
      message: await ask('d.message'),
    };
  }

  return async () => {
    const [hash] = await callScgi(control, 'download_list');
    const log = await fs.readFile(path.join(job.profile, LOG), 'utf8');
    if (hash === undefined)
      return { complete: false, detail: `not added: has it a tracker?\n${log}` };
    const state = await stateOf(hash).catch((error: unknown) => {
      // With the metadata there, it puts the torrent in the place of the magnet link: for a moment
      // there is neither.
      if (error instanceof Error && error.message.includes(NO_SUCH_TORRENT)) return null;
      throw error;
    });
    const complete = state?.complete === '1' && state.isMeta === '0';
    // What it keeps of a magnet link, in the folder of the content.
    if (complete) await fs.rm(path.join(job.outDir, `${hash}.meta`), { force: true });
    return {
      complete,
      detail: [JSON.stringify(state), ...log.split('\n').slice(-LOG_LINES)].join('\n'),
    };
  };
};

const commands = (job: ClientJob, session: string, control: string): string[] => [
  `directory.default.set = ${job.outDir}`,
  `session.path.set = ${session}`,
  // It takes addresses of IPv4 only: with another it is bound to none.
  ...(isIPv6(job.bind) ? [] : [`network.bind_address.set = ${job.bind}`]),
  `network.port_range.set = ${job.port}-${job.port}`,
  'network.port_random.set = no',
  'dht.mode.set = disable',
  'protocol.pex.set = no',
  'trackers.use_udp.set = yes',
  `protocol.encryption.set = ${ENCRYPTION[job.encryption]}`,
  `network.scgi.open_local = ${control}`,
  'network.xmlrpc.size_limit.set = 16M',
  'system.daemon.set = true',
  `log.open_file = "log", ${path.join(job.profile, LOG)}`,
  'log.add_output = "info", "log"',
];
