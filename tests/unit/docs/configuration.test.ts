import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { configSchema } from '../../../server/src/config';

interface JsonSchema {
  description?: string;
  default?: unknown;
  properties?: Record<string, JsonSchema>;
}

/** `| path | default | description |`, one row per option, in the order of the schema. */
function rows(schema: JsonSchema, path: string[] = []): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, option]) => {
    const at = [...path, name];
    if (option.properties !== undefined) return rows(option, at);
    const initial = option.default === undefined ? '–' : `\`${JSON.stringify(option.default)}\``;
    return [`| \`${at.join('.')}\` | ${initial} | ${option.description ?? ''} |`];
  });
}

const squeeze = (text: string): string => text.replace(/ +/g, ' ');

test('docs/configuration.md lists every option as the schema describes it', () => {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
  const documented = squeeze(
    readFileSync(join(__dirname, '../../../docs/configuration.md'), 'utf8'),
  ).split('\n');
  const expected = rows(schema as JsonSchema);
  expect(documented.filter((line) => line.startsWith('| `'))).toEqual(expected);
  for (const row of expected) expect(row).not.toContain('|  |');
});
