'use strict';

module.exports = ({ env }) => {
  const port = env.int('PORT', 1337);
  return {
    host: env('HOST', '127.0.0.1'),
    port,
    // An address, not `localhost`: some torrent clients try ::1 only.
    url: env('PUBLIC_URL', `http://127.0.0.1:${port}`),
    dirs: { public: env('PUBLIC_DIR', './public') },
    app: { keys: env.array('APP_KEYS', ['playground key']) },
  };
};
