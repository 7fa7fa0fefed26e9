/** `npm run demo`: a Strapi with the plugin and sample content, and what to try with it. */

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.mjs';
import { buildPlayground } from './prepare.mjs';
import { ROOT, say } from './run.mjs';

const PORT = process.env.PORT ?? '1337';
const URL = process.env.PUBLIC_URL ?? `http://127.0.0.1:${PORT}`;
const SEEDER_PORT = process.env.SEEDER_PORT ?? String(await freePort());
const playground = join(ROOT, 'playground');

await buildPlayground();
const { admin, member } = createRequire(import.meta.url)('../playground/src/seed/credentials.js');

say('Starting Strapi');
const strapi = spawn('npx', ['strapi', 'start'], {
  cwd: playground,
  env: {
    ...process.env,
    PORT,
    SEEDER_PORT,
    NODE_ENV: 'production',
    STRAPI_TELEMETRY_DISABLED: 'true',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
let log = '';
strapi.stdout.on('data', (chunk) => {
  log += chunk;
});
strapi.on('exit', (code) => {
  if (code !== 0) console.log(log);
  process.exit(code ?? 0);
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => strapi.kill('SIGTERM'));

const [release] = await torrentsOf('releases');
const jwt = await login(member);
const [episode] = await torrentsOf('episodes', jwt);
strapi.stdout.removeAllListeners('data').pipe(process.stdout);
console.log(`
  Admin panel   ${URL}/admin
                ${admin.email} / ${admin.password}
  REST          ${URL}/api/releases   (everybody)
                ${URL}/api/episodes   (members: ${member.email} / ${member.password})
  GraphQL       ${URL}/graphql
  Tracker       ${URL}/announce
  Everseed      TCP port ${SEEDER_PORT}: the site's own BitTorrent peer

  Ready. Paste one of these into another terminal:

    aria2c --seed-time=0 ${release.torrentUrl}

    curl -sO ${release.torrentUrl} && transmission-cli -w . ${release.infoHash}.torrent

  As the member (a personal .torrent; without the token the answer is 403):

    curl -s -H 'Authorization: Bearer ${jwt}' \\
      -o episode.torrent ${episode.torrentUrl} && aria2c --seed-time=0 episode.torrent

  Then unpublish the entry in the admin panel, and try again.   Ctrl+C stops the demo.
`);

/** Torrents of the sample content, once they are hashed. */
async function torrentsOf(type, token) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  for (;;) {
    const answer = await fetch(`${URL}/api/${type}?sort=createdAt`, { headers }).catch(() => null);
    const { data = [] } = answer?.ok ? await answer.json() : {};
    const torrents = data.map(({ torrent }) => torrent);
    if (torrents.length > 0 && torrents.every((torrent) => torrent?.status === 'ready')) {
      return torrents;
    }
    await sleep(250);
  }
}

async function login({ email, password }) {
  const answer = await fetch(`${URL}/api/auth/local`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ identifier: email, password }),
  });
  const { jwt: token } = await answer.json();
  return token;
}
