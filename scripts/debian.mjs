/** The programs that tests drive: real torrent clients, a real browser, a real PostgreSQL. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, run, say } from './run.mjs';

/**
 * Installs what is missing as root; otherwise ends with the one line to run.
 * @param only names of packages, for who needs a few of them
 * @param more packages that no test needs, with a file of each
 */
export async function installDebianPackages(only = undefined, more = {}) {
  const tests = JSON.parse(await readFile(join(ROOT, 'tests/debian-packages.json'), 'utf8'));
  const programs = { ...tests, ...more };
  const missing = Object.entries(programs)
    .filter(([name]) => only === undefined || only.includes(name))
    .filter(([, file]) => !existsSync(file))
    .map(([name]) => name);
  if (missing.length === 0) return;
  const line = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0) {
    throw new Error(`The tests need some Debian packages. As root, run:\n\n  ${line}\n`);
  }
  say(`Installing ${missing.join(', ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update'], { env, quiet: true });
  await run('apt-get', line.split(' ').slice(1), { env, quiet: true });
}
