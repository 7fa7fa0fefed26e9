/** What CI runs on a clean checkout; the last line counts all of it. */

import { run, say } from './run.mjs';

const STEPS = [
  ['npm test', ['test', '--silent']],
  ['npm run check', ['run', '--silent', 'check']],
  ['npm run test:package', ['run', '--silent', 'test:package']],
];

let passed = 0;
let failed = 0;
for (const [name, args] of STEPS) {
  say(name);
  const { output, code } = await run('npm', args, { env: { CI: 'true' }, mayFail: true });
  const last = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  passed += Number(last?.[1] ?? 0);
  // A step that ended badly without counting has failed at least once.
  failed += Math.max(Number(last?.[2] ?? 0), code === 0 && last !== undefined ? 0 : 1);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
