/**
 * `npm run fuzz`: the property tests of tests/fuzz with a million inputs for each parser (`npm test`
 * runs them too, with fewer). FUZZ_RUNS sets another number; `npm run fuzz -- udp` runs the files
 * whose names match.
 */

import { join } from 'node:path';
import { install } from './prepare.mjs';
import { ROOT, run, say } from './run.mjs';

const { FUZZ_RUNS = '1000000' } = process.env;

await install();
say(`Fuzzing with ${FUZZ_RUNS} inputs for each property`);
const { code } = await run(
  process.execPath,
  [
    '--experimental-vm-modules',
    join(ROOT, 'node_modules/jest/bin/jest.js'),
    '--maxWorkers=2',
    // A million inputs take minutes; a test that hangs for an hour has found something.
    '--testTimeout=3600000',
    `--testPathPatterns=tests/fuzz/.*(${process.argv.slice(2).join('|')})`,
  ],
  { env: { NODE_NO_WARNINGS: '1', FUZZ_RUNS }, mayFail: true },
);
process.exitCode = code;
