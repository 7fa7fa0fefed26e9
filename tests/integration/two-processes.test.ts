/** Two Strapis on one database: what changes in the one is seen by the other. */

import { randomBytes } from 'node:crypto';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TorrentValue } from '../../shared/torrent-value';
import { createJobLeases, LEASE_MS } from '../../server/src/library/job-leases';
import { createTables, type JobRow } from '../../server/src/library/tables';
import { createAdmin, send } from './support/admin';
import {
  allow,
  createUser,
  documents,
  eventually,
  forbid,
  get,
  readyTorrent,
  upload,
} from './support/content';
import { ALL_CLOSED, ALL_OPEN, announce, isAdmitted, knock } from './support/doors';
import { startProcess, type StrapiProcess } from './support/process';
import { startSite, type TestSite } from './support/strapi';

/** Seconds: `access.syncEvery`, and what a loaded machine adds. */
const SYNC = 1;
const SEEN = 8;

let here: TestSite;
let there: StrapiProcess;
let admin: string;

beforeAll(async () => {
  const config = { access: { syncEvery: SYNC } };
  here = await startSite({ config });
  admin = await createAdmin(here);
  await allow(here.strapi, 'public', 'release');
  await allow(here.strapi, 'member', 'secret');
  there = await startProcess({
    ...here.database.env,
    PUBLIC_DIR: here.publicDir,
    BITTORRENT_CONFIG: JSON.stringify(config),
  });
}, 180_000);

afterAll(async () => {
  await there.remove();
  await here.stop();
});

async function publish(name: string, source: string, file: string): Promise<string> {
  const media = await upload(here.strapi, file, randomBytes(20_000));
  const data = { title: file, [source]: source === 'files' ? [media.id] : media.id };
  return (await documents(here.strapi, name).create({ data, status: 'published' })).documentId;
}

const both = (): string[] => [here.url, there.url];

test('a torrent made by one is open at the other, and closes there with the entry', async () => {
  const documentId = await publish('release', 'files', 'shared.iso');
  const torrent = await readyTorrent(`${here.url}/api/releases/${documentId}`);
  for (const url of both()) {
    await eventually(async () => expect(await knock(url, torrent, {})).toEqual(ALL_OPEN), SEEN);
  }
  await documents(here.strapi, 'release').unpublish({ documentId });
  await eventually(
    async () => expect(await knock(there.url, torrent, {})).toEqual(ALL_CLOSED),
    SEEN,
  );
  await documents(here.strapi, 'release').publish({ documentId });
  await eventually(async () => expect(await knock(there.url, torrent, {})).toEqual(ALL_OPEN), SEEN);
});

test('an entry closed by the other is closed here, and its peers are gone', async () => {
  const documentId = await publish('release', 'files', 'closed there.iso');
  const torrent = await readyTorrent(`${here.url}/api/releases/${documentId}`);
  await announce(here.url, torrent.infoHash!);
  await eventually(async () => expect(await knock(there.url, torrent, {})).toEqual(ALL_OPEN), SEEN);
  const response = await fetch(`${there.url}/api/releases/${documentId}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ data: { files: [] } }),
  });
  expect(response.status).toBe(200);
  await eventually(
    async () => expect(await knock(here.url, torrent, {})).toEqual(ALL_CLOSED),
    SEEN,
  );
});

test('a torrent that one takes down is closed at the other, until it is put back', async () => {
  const documentId = await publish('release', 'files', 'taken down.iso');
  const torrent = await readyTorrent(`${here.url}/api/releases/${documentId}`);
  await eventually(async () => expect(await knock(there.url, torrent, {})).toEqual(ALL_OPEN), SEEN);
  const takedown = (method: string, body?: object) =>
    send(method, `${here.url}/bittorrent/torrents/${torrent.infoHash!}/takedown`, admin, body);
  expect((await takedown('POST', { reason: 'rights unclear' })).status).toBe(204);
  await eventually(
    async () => expect(await knock(there.url, torrent, {})).toEqual(ALL_CLOSED),
    SEEN,
  );
  expect(await announce(there.url, torrent.infoHash!)).toContain('taken down');
  expect((await takedown('DELETE')).status).toBe(204);
  for (const url of both()) {
    await eventually(async () => expect(await knock(url, torrent, {})).toEqual(ALL_OPEN), SEEN);
  }
});

describe('a member', () => {
  let torrent: TorrentValue;
  let passkey: string;
  let bearer: string;
  let userId: number;

  const admitted = async (url: string): Promise<boolean> =>
    isAdmitted(await announce(url, torrent.infoHash!, passkey));

  beforeAll(async () => {
    const member = await createUser(here.strapi, 'alice', 'member');
    ({ bearer, id: userId } = member);
    const documentId = await publish('secret', 'file', 'secret.iso');
    torrent = await readyTorrent(`${here.url}/api/secrets/${documentId}`, bearer);
    const { body } = await get(`${here.url}/api/bittorrent/passkey`, bearer);
    ({ passkey } = body['data'] as { passkey: string });
  });

  test('announces with one passkey to both', async () => {
    for (const url of both()) {
      await eventually(async () => expect(await admitted(url)).toBe(true), SEEN);
    }
  });

  test('who loses the permission loses it at both', async () => {
    await forbid(here.strapi, 'member', 'secret');
    await eventually(async () => expect(await admitted(there.url)).toBe(false), SEEN);
    await allow(here.strapi, 'member', 'secret');
    await eventually(async () => expect(await admitted(there.url)).toBe(true), SEEN);
  });

  test('who is blocked is refused by both', async () => {
    const user = here.strapi.db.query('plugin::users-permissions.user');
    await user.update({ where: { id: userId }, data: { blocked: true } });
    await eventually(async () => expect(await admitted(there.url)).toBe(false), SEEN);
    await user.update({ where: { id: userId }, data: { blocked: false } });
    await eventually(async () => expect(await admitted(there.url)).toBe(true), SEEN);
  });

  test('whose passkey is rotated at one is out at the other', async () => {
    const rotated = await fetch(`${there.url}/api/bittorrent/passkey/rotate`, {
      method: 'POST',
      headers: { authorization: bearer },
    });
    expect(rotated.status).toBe(200);
    await eventually(async () => expect(await admitted(here.url)).toBe(false), SEEN);
    const { data } = (await rotated.json()) as { data: { passkey: string } };
    passkey = data.passkey;
    await eventually(async () => expect(await admitted(here.url)).toBe(true), SEEN);
  });
});

describe('a job', () => {
  const GIB = 1024 ** 3;

  /** A release, made at the other process, whose file is zeroes that take no room on disk. */
  async function sparseReleaseThere(name: string, size: number): Promise<string> {
    const media = await upload(here.strapi, name, Buffer.from('small'));
    await truncate(join(here.publicDir, 'uploads', `${media.hash}${media.ext}`), size);
    const data = { title: name, files: [media.id] };
    const { body } = await send('POST', `${there.url}/api/releases`, undefined, { data });
    return (body['data'] as { documentId: string }).documentId;
  }

  /** Without what can be large. */
  const jobOf = async (documentId: string): Promise<JobRow> => {
    const { placements, jobs } = createTables(here.strapi);
    const place = await placements.findOne({ where: { entryId: documentId } });
    const where = { key: place?.jobKey ?? '' };
    const row = await jobs.findOne({ where, select: ['jobStatus', 'progress', 'leaseOwner'] });
    if (row === null) throw new Error('no job yet');
    return row;
  };

  /** Who has hashed it until it was ready, in turn, and how far it was each time. */
  async function follow(documentId: string, seconds: number) {
    const owners: string[] = [];
    const progress: number[] = [];
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const job = await jobOf(documentId);
      progress.push(job.progress);
      if (job.leaseOwner != null && job.leaseOwner !== owners.at(-1)) owners.push(job.leaseOwner);
      if (job.jobStatus === 'ready') return { owners, progress };
      if (Date.now() > end) throw new Error(`${job.jobStatus} ${job.progress}`);
      await sleep(200);
    }
  }

  test('is claimed by one of many who want it, and by another when that one is silent', async () => {
    const tables = createTables(here.strapi);
    const key = 'f'.repeat(64);
    const row = { progress: 0, problem: null, files: [], checkpoint: null, infoHash: null };
    const options = { format: 'v1', private: false, pieceLength: null, source: null } as const;
    const start = Date.now();
    let now = start;
    const rivals = Array.from({ length: 20 }, () => createJobLeases({ tables, now: () => now }));
    try {
      await tables.jobs.create({
        ...row,
        key,
        jobStatus: 'queued',
        options: { ...options, name: 'x' },
      });
      const claims = async () => Promise.all(rivals.map((rival) => rival.claim(key)));
      const first = await claims();
      expect(first.filter((claim) => claim !== null)).toHaveLength(1);
      const holder = rivals[first.findIndex((claim) => claim !== null)]!;
      now = start + LEASE_MS - 1_000;
      expect(await holder.renew(key, { progress: 0.5 })).toBe(true);
      now = start + LEASE_MS + 1_000;
      const others = rivals.filter((rival) => rival !== holder);
      const tries = await Promise.all(others.map((rival) => rival.claim(key)));
      expect(tries.every((claim) => claim === null)).toBe(true);
      now = start + 3 * LEASE_MS;
      const second = await Promise.all(others.map((rival) => rival.claim(key)));
      expect(second.filter((claim) => claim !== null)).toMatchObject([{ progress: 0.5 }]);
      expect(await holder.renew(key, { progress: 0.6 })).toBe(false);
    } finally {
      await tables.jobs.delete({ key });
    }
  });

  test('that one hashes is left alone by the other, which says how far it is', async () => {
    const documentId = await sparseReleaseThere('long.iso', 4 * GIB);
    const told: number[] = [];
    const watching = eventually(async () => {
      await sleep(200);
      const { body } = await get(`${here.url}/api/releases/${documentId}`);
      const { torrent } = body['data'] as { torrent: TorrentValue };
      if (torrent.status === 'hashing') told.push(torrent.progress);
      if (torrent.status !== 'ready') throw new Error(JSON.stringify(torrent));
    }, 200);
    const { owners } = await follow(documentId, 200);
    await watching;
    expect(owners).toHaveLength(1);
    expect(told.some((share) => share > 0)).toBe(true);
  }, 240_000);

  test('goes on here, where it was, when the other is killed', async () => {
    const documentId = await sparseReleaseThere('taken over.iso', 6 * GIB);
    const before = await eventually(async () => {
      await sleep(200);
      const job = await jobOf(documentId);
      if (job.progress === 0) throw new Error(`${job.jobStatus}, no checkpoint yet`);
      return job;
    }, 100);
    await there.kill();
    const { owners, progress } = await follow(documentId, 250);
    expect(new Set([before.leaseOwner, ...owners]).size).toBe(2);
    expect([...progress].sort((a, b) => a - b)).toEqual(progress);
    const { body } = await get(`${here.url}/api/releases/${documentId}`);
    expect(body['data']).toMatchObject({ torrent: { status: 'ready', size: 6 * GIB } });
  }, 400_000);
});
