/** Configuration under `config/plugins`: every option with its default, unit and reason. */

import { z } from 'zod';
import { accessSchema, auditSchema, uploadsSchema } from './access';
import { metainfoSchema } from './metainfo';
import { seederSchema, webSeedSchema } from './seeding';
import { trackerSchema } from './tracker';
import { url } from './values';

export const configSchema = z.strictObject({
  publicUrl: url
    .optional()
    .describe('URL under which readers reach this Strapi. Unset: Strapi’s server.url.'),
  tracker: trackerSchema,
  access: accessSchema,
  metainfo: metainfoSchema,
  webSeed: webSeedSchema,
  uploads: uploadsSchema,
  seeder: seederSchema,
  audit: auditSchema,
});

export type Config = z.infer<typeof configSchema>;

/** @throws Error that names every wrong path and what was expected there */
export function parseConfig(input: unknown): Config {
  const result = configSchema.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `  ${['bittorrent', 'config', ...path].join('.')}: ${message}`,
  );
  throw new Error(`wrong values in config/plugins:\n${problems.join('\n')}`);
}

export const config = {
  default: {},
  // Strapi ignores what this returns; the runtime parses again for the defaults.
  validator: (input: unknown): void => void parseConfig(input),
};
