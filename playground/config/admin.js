'use strict';

// Secrets of a demo that lives on your machine only. A site of your own reads them from .env.
module.exports = ({ env }) => ({
  auth: { secret: env('ADMIN_JWT_SECRET', 'playground admin secret') },
  apiToken: { salt: env('API_TOKEN_SALT', 'playground api token salt') },
  transfer: { token: { salt: env('TRANSFER_TOKEN_SALT', 'playground transfer salt') } },
  secrets: { encryptionKey: env('ENCRYPTION_KEY', 'playground encryption key') },
  flags: { nps: false, promoteEE: false },
});
