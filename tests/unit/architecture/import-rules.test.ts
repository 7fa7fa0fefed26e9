/** Proves that the linter's import rules bite: a rule that nothing can break protects nothing. */

import { join } from 'node:path';
import { ESLint } from 'eslint';

const ROOT = join(__dirname, '../../..');
const IMPORT_RULES = ['boundaries/dependencies', 'no-restricted-imports'];

const linter = new ESLint({
  cwd: ROOT,
  // The probes are not in any tsconfig, and the import rules need no types.
  overrideConfig: { languageOptions: { parserOptions: { project: null } } },
  ruleFilter: ({ ruleId }) => IMPORT_RULES.includes(ruleId),
});

async function complaints(folder: string, code: string): Promise<(string | null)[]> {
  const [result] = await linter.lintText(code, { filePath: join(ROOT, folder, 'probe.ts') });
  return result!.messages.map(({ ruleId }) => ruleId);
}

const FORBIDDEN: [string, string][] = [
  ['server/src/tracker', '../metainfo'],
  ['server/src/metainfo', '../tracker'],
  ['server/src/transports', '../access'],
  ['server/src/access', '../library'],
  ['server/src/seeding', '../access'],
  ['server/src/library', '../tracker'],
  ['server/src/api', '../tracker'],
  ['shared', '../server/src/library'],
  ['admin/src', '../../server/src/library'],
];

test.each(FORBIDDEN)('%s may not import %s', async (folder, target) => {
  const code = `import * as probe from '${target}';\nexport const used = probe;\n`;
  expect(await complaints(folder, code)).toEqual(['boundaries/dependencies']);
});

test.each(['tracker', 'metainfo', 'transports'])('%s may not import Strapi', async (folder) => {
  const code = "import type { Core } from '@strapi/strapi';\nexport type Probe = Core.Strapi;\n";
  expect(await complaints(`server/src/${folder}`, code)).toEqual(['no-restricted-imports']);
});

test('access may import types of the tracker, and only types', async () => {
  const types = "import type { Gate } from '../tracker';\nexport type Probe = Gate;\n";
  const values = "import { REFUSAL } from '../tracker';\nexport const probe = REFUSAL;\n";
  expect(await complaints('server/src/access', types)).toEqual([]);
  expect(await complaints('server/src/access', values)).toEqual(['boundaries/dependencies']);
});
