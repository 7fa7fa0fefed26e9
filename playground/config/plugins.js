'use strict';

const path = require('node:path');

module.exports = ({ env }) => ({
  bittorrent: {
    enabled: true,
    // In a site of your own the plugin is found by itself once it is installed.
    resolve: path.resolve('..'),
    // `npm run demo` names a port that is free; without one there is no everseed.
    config: { seeder: { port: env.int('SEEDER_PORT') } },
  },
  upload: { config: { sizeLimit: 4 * 1024 ** 3 } },
  'users-permissions': {
    config: { jwtSecret: env('JWT_SECRET', 'playground jwt secret') },
  },
});
