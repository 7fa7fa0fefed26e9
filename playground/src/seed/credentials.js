'use strict';

module.exports = {
  admin: { email: 'admin@example.com', password: 'Playground-1' },
  member: { email: 'member@example.com', password: 'Playground-1' },
};
