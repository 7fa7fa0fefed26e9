'use strict';

const { seed } = require('./seed');

module.exports = {
  register() {},
  bootstrap: ({ strapi }) => seed(strapi),
};
