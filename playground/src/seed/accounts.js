'use strict';

const credentials = require('./credentials');

const ROLE = 'plugin::users-permissions.role';
const PERMISSION = 'plugin::users-permissions.permission';

/** An admin, a member, and two roles: everybody reads releases, members read episodes as well. */
exports.createAccounts = async (strapi) => {
  await createAdmin(strapi);
  const publicRole = await strapi.db.query(ROLE).findOne({ where: { type: 'public' } });
  const memberRole = await strapi.db.query(ROLE).create({
    data: { name: 'Member', type: 'member', description: 'May read releases and episodes.' },
  });
  await allowReading(strapi, publicRole, ['api::release.release']);
  await allowReading(strapi, memberRole, ['api::release.release', 'api::episode.episode']);
  await strapi.plugin('users-permissions').service('user').add({
    username: 'member',
    email: credentials.member.email,
    password: credentials.member.password,
    role: memberRole.id,
    provider: 'local',
    confirmed: true,
  });
};

async function createAdmin(strapi) {
  const role = await strapi.service('admin::role').getSuperAdmin();
  await strapi.service('admin::user').create({
    email: credentials.admin.email,
    password: credentials.admin.password,
    firstname: 'Demo',
    lastname: 'Admin',
    registrationToken: null,
    isActive: true,
    roles: [role.id],
  });
}

async function allowReading(strapi, role, contentTypes) {
  for (const contentType of contentTypes) {
    for (const action of ['find', 'findOne']) {
      await strapi.db
        .query(PERMISSION)
        .create({ data: { action: `${contentType}.${action}`, role: role.id } });
    }
  }
}
