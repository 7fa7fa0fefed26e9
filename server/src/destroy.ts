/** Strapi stops: the database is still open. */

import type { Core } from '@strapi/strapi';
import { runtimeOf } from './runtime';

export async function destroy({ strapi }: { strapi: Core.Strapi }): Promise<void> {
  await runtimeOf(strapi).stop();
}
