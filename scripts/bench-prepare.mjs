/** What the benchmark and the soak test share: the other trackers installed, our own code bundled. */

import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { installDebianPackages } from './debian.mjs';
import { ROOT, run, say } from './run.mjs';

const BENCH = join(ROOT, 'tests/bench');
const CACHE = join(ROOT, '.tmp/bench');

/** Never a dependency: its client pulls a native module, which `--ignore-scripts` leaves unbuilt. */
const PEER = 'bittorrent-tracker@11.2.3';

const places = {
  bundles: CACHE,
  peers: join(CACHE, 'peers'),
  app: join(ROOT, 'tests/fixtures/app'),
  files: join(CACHE, 'files'),
  sources: BENCH,
  everseedWorker: join(ROOT, 'dist/everseed-worker/index.js'),
  document: join(ROOT, 'docs/performance.md'),
};

/** Trackers, a web server and clients. */
const PROGRAMS = [
  'opentracker',
  'nginx-light',
  'aria2',
  'python3-libtorrent',
  'transmission-daemon',
];

/** Debian's opentracker and nginx and the clients of the everseed, and npm's bittorrent-tracker in a folder of its own. */
export async function installPeers() {
  await installDebianPackages(PROGRAMS, { 'nginx-light': '/usr/sbin/nginx' });
  if (existsSync(join(places.peers, 'node_modules/bittorrent-tracker'))) return;
  say(`Installing ${PEER} for comparison`);
  await mkdir(places.peers, { recursive: true });
  await writeFile(
    join(places.peers, 'package.json'),
    JSON.stringify({ name: 'bench-peers', private: true }),
  );
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--workspaces=false'];
  await run('npm', ['install', ...options, PEER], { cwd: places.peers, quiet: true });
}

/** From TypeScript to one file per process, as the plugin's own build would bundle it. */
export async function bundle() {
  const subjects = await readdir(join(BENCH, 'subjects'));
  const files = [
    'main.ts',
    'soak.ts',
    ...(await readdir(join(BENCH, 'in-process'))).map((name) => `in-process/${name}`),
    ...subjects.map((name) => `subjects/${name}`),
  ];
  const options = {
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    outExtension: { '.js': '.mjs' },
    sourcemap: 'inline',
  };
  await build({
    ...options,
    entryPoints: files.map((name) => join(BENCH, name)),
    outbase: BENCH,
    outdir: places.bundles,
  });
  await build({
    ...options,
    entryPoints: [join(BENCH, 'subjects/bittorrent-tracker.ts')],
    outdir: places.peers,
  });
}

/** Runs a bundle on the load's core; the servers that it starts go to the other one. */
export async function runBundle(name, args) {
  const isPinned = availableParallelism() > 1 && existsSync('/usr/bin/taskset');
  const command = [process.execPath, '--expose-gc', join(places.bundles, name), ...args];
  const [program, ...rest] = isPinned ? ['taskset', '--cpu-list', '1', ...command] : command;
  const env = { BENCH_PINNED: isPinned ? '1' : '0', BENCH_SETTINGS: JSON.stringify(places) };
  return (await run(program, rest, { env, mayFail: true })).code;
}
