/**
 * `npm run test:package`: packs the plugin, installs the tarball into a fresh Strapi app outside
 * of this repository, builds its admin panel, boots it and downloads a torrent.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.mjs';
import { build } from './prepare.mjs';
import { ROOT, run, say } from './run.mjs';

const ALLOWED =
  /^(dist\/|shared\/|strapi-(server|admin)\.js$|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/;
const PORT = await freePort();
const URL = `http://127.0.0.1:${PORT}`;

await build();
const folder = await mkdtemp(join(tmpdir(), 'bittorrent-package-'));
try {
  const tarball = await pack(folder);
  const app = join(folder, 'app');
  await createApp(app, tarball);
  say('Building its admin panel');
  const env = { PORT: String(PORT), NODE_ENV: 'production', STRAPI_TELEMETRY_DISABLED: 'true' };
  await run('npx', ['strapi', 'build'], { cwd: app, env, quiet: true });
  await bootAndDownload(app, env);
  console.log('1 passed, 0 failed');
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function pack(destination) {
  say('Packing the plugin');
  const { output } = await run('npm', ['pack', '--json', '--pack-destination', destination], {
    quiet: true,
  });
  const [{ filename, files }] = JSON.parse(output.slice(output.indexOf('[')));
  const foreign = files.map(({ path }) => path).filter((path) => !ALLOWED.test(path));
  if (foreign.length > 0) throw new Error(`The tarball holds ${foreign.join(', ')}`);
  return join(destination, filename);
}

/** The playground as somebody would write it who has installed the plugin from npm. */
async function createApp(app, tarball) {
  say('Installing it into a fresh Strapi app (a few minutes)');
  await cp(join(ROOT, 'playground'), app, {
    recursive: true,
    filter: (path) =>
      !/playground\/(\.tmp|\.strapi|\.cache|dist|build|node_modules|public\/uploads\/.+)$/.test(
        path,
      ),
  });
  const manifest = JSON.parse(await readFile(join(app, 'package.json'), 'utf8'));
  manifest.dependencies['strapi-plugin-bittorrent'] = `file:${tarball}`;
  await writeFile(join(app, 'package.json'), JSON.stringify(manifest, null, 2));
  const plugins = join(app, 'config/plugins.js');
  const text = await readFile(plugins, 'utf8');
  const installed = text.replace(/^\s*resolve: path\.resolve\('\.\.'\),\n/m, '');
  if (installed === text) throw new Error('config/plugins.js does not name the plugin’s folder');
  await writeFile(plugins, installed);
  await run('npm', ['install', '--no-fund', '--no-audit', '--no-package-lock'], {
    cwd: app,
    quiet: true,
  });
}

async function bootAndDownload(app, env) {
  say('Booting it');
  const strapi = spawn(process.execPath, ['node_modules/@strapi/strapi/bin/strapi.js', 'start'], {
    cwd: app,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  strapi.stdout.on('data', (chunk) => (log += chunk));
  strapi.stderr.on('data', (chunk) => (log += chunk));
  try {
    const torrent = await readyTorrent(strapi);
    await expectStatus(`${URL}/admin`, 200);
    await expectStatus(torrent.torrentUrl, 200);
    const payload = await fetch(torrent.webSeeds[0]);
    const size = (await payload.arrayBuffer()).byteLength;
    if (size !== torrent.size)
      throw new Error(`The web seed gave ${size} of ${torrent.size} bytes`);
    if (!log.includes(`BitTorrent tracker at ${URL}/announce`)) throw new Error('No start-up line');
    console.log(`It serves ${torrent.name} (${torrent.infoHash})`);
  } catch (error) {
    console.log(log);
    throw error;
  } finally {
    const exit = once(strapi, 'exit');
    strapi.kill('SIGTERM');
    await exit;
  }
}

async function readyTorrent(strapi) {
  for (let tries = 0; tries < 240; tries += 1) {
    if (strapi.exitCode !== null) throw new Error(`Strapi ended with code ${strapi.exitCode}`);
    const answer = await fetch(`${URL}/api/releases`).catch(() => null);
    const { data = [] } = answer?.ok ? await answer.json() : {};
    const torrent = data[0]?.torrent;
    if (torrent?.status === 'ready') return torrent;
    await sleep(250);
  }
  throw new Error('The sample release has no torrent after a minute');
}

async function expectStatus(url, expected) {
  const { status } = await fetch(url);
  if (status !== expected) throw new Error(`${url} answered ${status}, not ${expected}`);
}
