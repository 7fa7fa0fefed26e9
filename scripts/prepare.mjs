/** From a fresh clone to a built plugin; does only what has not been done yet. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, run, say } from './run.mjs';

const STAMPS = join(ROOT, '.tmp');

/** Installs the dependencies of the lock file. */
export async function install() {
  const key = await digest(['package.json', 'package-lock.json', 'playground/package.json']);
  await once('install', key, [join(ROOT, 'node_modules/@strapi/strapi')], async () => {
    say('Installing dependencies (a few minutes the first time)');
    await run('npm', ['ci', '--no-fund', '--no-audit'], { quiet: true });
  });
}

/** Builds the plugin into `dist`. */
export async function build() {
  await install();
  const key = await digest(['server', 'admin', 'shared', 'package.json', 'package-lock.json']);
  const results = ['server', 'admin', 'hash-worker', 'everseed-worker'].map((name) =>
    join(ROOT, 'dist', name),
  );
  await once('build', key, results, async () => {
    say('Building the plugin');
    await run('npm', ['run', 'build'], { quiet: true });
  });
}

/** Builds the admin panel of the playground, with the plugin in it. */
export async function buildPlayground() {
  await build();
  const key = await digest([
    'dist/admin',
    'playground/config',
    'playground/src',
    'playground/tsconfig.json',
    'package-lock.json',
  ]);
  await once('playground', key, [join(ROOT, 'playground/dist/build')], async () => {
    say('Building the admin panel (about a minute)');
    await run('npx', ['strapi', 'build'], {
      cwd: join(ROOT, 'playground'),
      env: { STRAPI_TELEMETRY_DISABLED: 'true' },
      quiet: true,
    });
  });
}

/** Skips work whose inputs are those of the last time and whose results are still there. */
async function once(name, key, results, work) {
  const stamp = join(STAMPS, `${name}.stamp`);
  const done = existsSync(stamp) && (await readFile(stamp, 'utf8')) === key;
  if (done && results.every(existsSync)) return;
  await work();
  await mkdir(STAMPS, { recursive: true });
  await writeFile(stamp, key);
}

async function digest(paths) {
  const hash = createHash('sha256').update(process.version);
  for (const path of paths) await addTo(hash, path);
  return hash.digest('hex');
}

async function addTo(hash, path) {
  const absolute = join(ROOT, path);
  if (!existsSync(absolute)) return;
  if (!(await stat(absolute)).isDirectory()) {
    hash.update(path).update(await readFile(absolute));
    return;
  }
  for (const name of (await readdir(absolute)).sort()) {
    if (!name.startsWith('.') && name !== 'node_modules') await addTo(hash, join(path, name));
  }
}
