'use strict';

const fs = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');
const { noise, tone } = require('./sample-files');
const { film } = require('./sample-film');

const MIB = 1024 ** 2;

/** Sample files are made on the spot, always of the same bytes: the info-hashes never change. */
exports.createContent = async (strapi) => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'bittorrent-playground-'));
  const upload = (name, mimetype, bytes) => uploadFile(strapi, { folder, name, mimetype, bytes });
  try {
    await publish(strapi, 'api::release.release', {
      title: 'Penguin Linux 1.0',
      notes: 'One file of 64 MiB that everybody may have.',
      files: [await upload('penguin-1.0.iso', 'application/octet-stream', noise('iso', 64 * MIB))],
    });
    await publish(strapi, 'api::release.release', {
      title: 'A data set in three files',
      notes: 'Several files make one torrent.',
      files: [
        await upload('readings 2025.csv', 'text/csv', Buffer.from('day,value\n1,42\n')),
        await upload('readings 2026 – café.csv', 'text/csv', Buffer.from('day,value\n1,43\n')),
        await upload('readings.bin', 'application/octet-stream', noise('set', 3 * MIB)),
      ],
    });
    await publish(strapi, 'api::episode.episode', {
      title: 'Episode 1: members only',
      recording: await upload('episode-1.wav', 'audio/wav', tone(20)),
    });
    await publish(strapi, 'api::episode.episode', {
      title: 'Episode 2: members only, on film',
      recording: await upload('episode-2.webm', 'video/webm', film(60)),
    });
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
};

async function publish(strapi, uid, data) {
  await strapi.documents(uid).create({ data, status: 'published' });
}

async function uploadFile(strapi, { folder, name, mimetype, bytes }) {
  const filepath = path.join(folder, `${Date.now()}-${bytes.length}`);
  await fs.writeFile(filepath, bytes);
  const [file] = await strapi
    .plugin('upload')
    .service('upload')
    .upload({
      data: {},
      files: { filepath, originalFilename: name, mimetype, size: bytes.length },
    });
  return file.id;
}
