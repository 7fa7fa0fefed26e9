/** Before the database is there: what must stand in front of Strapi, and what extends it. */

import type { Core } from '@strapi/strapi';
import { FIELD_NAME, PLUGIN_ID } from '../../shared/field-options';
import { registerGraphql } from './api';
import { registerOutput, registerSigning } from './library';
import { createRuntime } from './runtime';

export function register({ strapi }: { strapi: Core.Strapi }): void {
  strapi.customFields.register({
    name: FIELD_NAME,
    plugin: PLUGIN_ID,
    type: 'json',
    inputSize: { default: 12, isResizable: true },
  });
  const runtime = createRuntime(strapi);
  const { library, middlewares, serveUpload } = runtime;
  // First of all: behind Strapi's own stack an announce costs seven times as much, and its
  // logger and analytics would see passkeys.
  runtime.takeRequests();
  strapi.server.app.middleware.unshift(...middlewares);
  const use = strapi.documents.use.bind(strapi.documents);
  use(library.documentMiddleware as Parameters<typeof use>[0]);
  // After the upload plugin's own route, whose handlers then leave the answer to this one.
  strapi.server.routes([
    { method: 'GET', path: '/uploads/(.*)', handler: serveUpload, config: { auth: false } },
  ]);
  registerSigning(strapi, () => library.uploads);
  registerOutput({ strapi, fields: () => library.fields, values: () => library.values });
  registerGraphql({ strapi }, () => library);
}
