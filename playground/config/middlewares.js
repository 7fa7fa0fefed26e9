'use strict';

module.exports = [
  'strapi::logger',
  'strapi::errors',
  'strapi::security',
  'strapi::cors',
  'strapi::poweredBy',
  'strapi::query',
  // Strapi refuses bodies above 200 MB unless told otherwise: here, 4 GiB.
  { name: 'strapi::body', config: { formidable: { maxFileSize: 4 * 1024 ** 3 } } },
  'strapi::session',
  'strapi::favicon',
  'strapi::public',
];
