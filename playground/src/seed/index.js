'use strict';

const { createAccounts } = require('./accounts');
const { createContent } = require('./content');

/** Fills an empty playground; does nothing in one that has content. */
exports.seed = async (strapi) => {
  if ((await strapi.documents('api::release.release').count({})) > 0) return;
  await createAccounts(strapi);
  await createContent(strapi);
};
