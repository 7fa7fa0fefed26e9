/**
 * `npm test`: installs what it needs, builds, and runs every test; the last line counts them.
 * `npm test -- tests/unit` runs what jest finds under that path only.
 */

import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { installDebianPackages } from './debian.mjs';
import { startPostgres } from './postgres.mjs';
import { buildPlayground } from './prepare.mjs';
import { ROOT, run, say } from './run.mjs';
import { installThirdParty } from './third-party.mjs';

/** What talks to a database is run once more, on PostgreSQL. */
const ON_POSTGRES = [
  'generation',
  'moderation',
  'access',
  'access-matrix',
  'access-matrix-strict',
  'revocation',
  'tokens',
  'keys',
  'two-processes',
  'traffic',
  'content-api',
  'admin-api',
  'boot',
  'uploads',
  'reissue',
  'strict',
];

const chosen = process.argv.slice(2);
await installDebianPackages();
await installThirdParty();
await buildPlayground();

const total = { passed: 0, failed: 0 };
if (chosen.length > 0) {
  add(await jest('chosen tests', chosen));
} else {
  add(await jest('all tests', []));
  const postgres = await startPostgres();
  try {
    const files = ON_POSTGRES.map((name) => `tests/integration/${name}.test.ts`);
    add(await jest('on PostgreSQL', files, { TEST_POSTGRES: String(postgres.port) }));
  } finally {
    await postgres.stop();
  }
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

function add({ passed, failed }) {
  total.passed += passed;
  total.failed += failed;
}

async function jest(title, args, env = {}) {
  say(`Tests: ${title}`);
  const folder = join(ROOT, '.tmp');
  const outputFile = join(folder, 'jest-results.json');
  await mkdir(folder, { recursive: true });
  await rm(outputFile, { force: true });
  const { code } = await run(
    process.execPath,
    [
      '--experimental-vm-modules',
      join(ROOT, 'node_modules/jest/bin/jest.js'),
      '--maxWorkers=2',
      '--json',
      `--outputFile=${outputFile}`,
      ...args,
    ],
    { env: { NODE_NO_WARNINGS: '1', ...env }, mayFail: true },
  );
  return counts(outputFile, code);
}

/** A test that was skipped has shown nothing: it counts as failed. */
async function counts(outputFile, code) {
  const text = await readFile(outputFile, 'utf8').catch(() => null);
  if (text === null) return { passed: 0, failed: 1 };
  const result = JSON.parse(text);
  const skipped = result.numPendingTests + result.numTodoTests;
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites + skipped;
  return { passed: result.numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed };
}
