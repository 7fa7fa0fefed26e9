/** A PostgreSQL for one run of the tests: own folder, own port, ended by its pid. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.mjs';
import { run } from './run.mjs';

/** @returns the port, and how to stop it */
export async function startPostgres() {
  const bin = await binaries();
  const folder = await mkdtemp(join(tmpdir(), 'bittorrent-postgres-'));
  const user = await serverUser();
  if (user !== null) await chown(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  await run(...as(user, join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust']), {
    cwd: folder,
    quiet: true,
  });
  const port = await freePort();
  const settings = ['fsync=off', `unix_socket_directories=${folder}`, 'listen_addresses=127.0.0.1'];
  const [command, args] = as(user, join(bin, 'postgres'), [
    ...['-D', data, '-p', String(port)],
    ...settings.flatMap((setting) => ['-c', setting]),
  ]);
  const server = spawn(command, args, { cwd: folder, stdio: 'ignore' });
  await untilListening(server, port);
  return {
    port,
    async stop() {
      const exit = once(server, 'exit');
      server.kill('SIGINT');
      await exit;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function binaries() {
  const versions = await readdir('/usr/lib/postgresql');
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return join('/usr/lib/postgresql', newest, 'bin');
}

/** PostgreSQL refuses to run as root: Debian's package brings a user for it. */
async function serverUser() {
  if (process.getuid?.() !== 0) return null;
  const id = async (flag) => Number((await run('id', [flag, 'postgres'], { quiet: true })).output);
  return { uid: await id('-u'), gid: await id('-g') };
}

function as(user, command, args) {
  if (user === null) return [command, args];
  const setpriv = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  return ['setpriv', [...setpriv, command, ...args]];
}

async function untilListening(server, port) {
  for (let tries = 0; tries < 200; tries += 1) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode}`);
    if (await accepts(port)) return;
    await sleep(100);
  }
  throw new Error('PostgreSQL does not answer');
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
