/**
 * Other people's programs that the tests talk to, in a folder of their own: some of them run scripts
 * on installation that would compile native WebRTC, which no test needs.
 */

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, run, say } from './run.mjs';

const FOLDER = join(ROOT, 'tests/third-party');

export async function installThirdParty() {
  const isThere = await access(join(FOLDER, 'node_modules/.package-lock.json')).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  say('Programs that the tests talk to');
  await run('npm', ['ci', '--ignore-scripts', '--no-fund', '--no-audit', '--prefix', FOLDER], {
    quiet: true,
  });
}
