/** `npm run check`: everything about the code that needs no running Strapi. */

import { build } from './prepare.mjs';
import { run, say } from './run.mjs';

const CHECKS = [
  ['formatting', 'npx', ['prettier', '--check', '.']],
  ['lint and import rules', 'npx', ['eslint', '--max-warnings=0', '.']],
  ['types of the server', 'npx', ['tsc', '-p', 'server/tsconfig.json']],
  ['types of the admin panel', 'npx', ['tsc', '-p', 'admin/tsconfig.json']],
  ['types of the tests', 'npx', ['tsc', '-p', 'tests/tsconfig.json']],
  ['strapi-plugin verify', 'npx', ['strapi-plugin', 'verify']],
];

await build();
const failed = [];
for (const [name, command, args] of CHECKS) {
  say(name);
  const { code } = await run(command, args, { quiet: true, mayFail: true });
  console.log(code === 0 ? 'passed' : 'FAILED');
  if (code !== 0) failed.push(name);
}
console.log(`${CHECKS.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
