import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  allow,
  createUser,
  documents,
  eventually,
  get,
  readyTorrent,
  upload,
} from './support/content';
import { announce } from './support/doors';
import { bootFailure, copyFixture, startSite, type TestSite } from './support/strapi';

describe('a wrong configuration refuses to boot and says where', () => {
  test.each<[object, string]>([
    [
      { tracker: { interval: 5 } },
      'bittorrent.config.tracker.interval: Too small: expected number to be >=300',
    ],
    [
      { tracker: { announcePath: '/tracker' } },
      'bittorrent.config.tracker.announcePath: expected a path that begins with /announce',
    ],
    [
      { tracker: { trustedProxies: ['proxy.local'] } },
      'bittorrent.config.tracker.trustedProxies.0: ',
    ],
    [
      { metainfo: { pieceLength: 50_000 } },
      'bittorrent.config.metainfo.pieceLength: expected "auto" or a power of two',
    ],
    [
      { publicUrl: 'cms.example' },
      'bittorrent.config.publicUrl: expected an http:// or https:// URL',
    ],
    [
      { webSeed: { limits: { transfers: -1 } } },
      'bittorrent.config.webSeed.limits.transfers: Too small: expected number to be >=0',
    ],
    [{ webseed: {} }, 'Unrecognized key: "webseed"'],
  ])('%j', async (config, message) => {
    const error = await bootFailure({ config });
    expect(error.message).toContain('Error regarding bittorrent config');
    expect(error.message).toContain(message);
  });
});

describe('the log', () => {
  async function logOf(
    env: Record<string, string>,
    use: (site: TestSite) => Promise<void> = () => Promise.resolve(),
  ): Promise<string> {
    const logFile = join(tmpdir(), `strapi-${randomBytes(6).toString('hex')}.log`);
    const site = await startSite({ env: { ...env, TEST_LOG_FILE: logFile } });
    await use(site);
    site.strapi.log.info('the end');
    const log = await eventually(async () => {
      const text = await readFile(logFile, 'utf8');
      expect(text).toContain('the end');
      return text;
    });
    await site.stop();
    await rm(logFile);
    return log;
  }

  test('says once where the tracker answers, and which field cannot work', async () => {
    const log = await logOf({});
    expect(log.match(/BitTorrent tracker at http:\/\/127\.0\.0\.1:\d+\/announce/g)).toHaveLength(1);
    expect(
      log.match(/the torrent field .* cannot work: its source .* is not a media attribute/g),
    ).toHaveLength(1);
    expect(log).not.toContain('refuse');
  });

  test('warns of limits that will bite', async () => {
    const log = await logOf({
      BODY_LIMIT: String(200 * 1024 ** 2),
      UPLOAD_SECURITY: JSON.stringify({ allowedTypes: ['image/*'] }),
    });
    expect(log).toContain('uploads above 200 MB are refused by strapi::body');
    expect(log).toContain('upload.security.allowedTypes refuses .iso');
  });

  test('never holds a passkey or a web-seed token', async () => {
    let secrets: string[] = [];
    const log = await logOf({}, async (site) => {
      await allow(site.strapi, 'member', 'secret');
      const member = await createUser(site.strapi, 'alice', 'member');
      const media = await upload(site.strapi, 'logged.iso', randomBytes(1_000));
      const { documentId } = await documents(site.strapi, 'secret').create({
        data: { title: 'Logged', file: media.id },
        status: 'published',
      });
      const torrent = await readyTorrent(`${site.url}/api/secrets/${documentId}`, member.bearer);
      const { body } = await get(`${site.url}/api/bittorrent/passkey`, member.bearer);
      const { passkey } = body['data'] as { passkey: string };
      const token = torrent.webSeeds[0]!.split('/')[4]!;
      await announce(site.url, torrent.infoHash!, passkey);
      await fetch(`${site.url}/announce/${passkey}/?info_hash=x`);
      await fetch(torrent.webSeeds[0]!);
      await fetch(`${site.url}/webseed/${token}/nothing`);
      secrets = [passkey, token];
    });
    expect(log).toContain('/api/bittorrent/passkey');
    for (const secret of secrets) expect(log).not.toContain(secret);
  });
});

test('without users-permissions and GraphQL the plugin works for API tokens', async () => {
  const site = await startSite({ env: { USERS_PERMISSIONS: 'false', GRAPHQL: 'false' } });
  const media = await upload(site.strapi, 'alone.iso', randomBytes(1_000));
  const { documentId } = await documents(site.strapi, 'release').create({
    data: { title: 'Alone', files: [media.id] },
    status: 'published',
  });
  const tokens = site.strapi.service('admin::api-token-content-api') as unknown as {
    create(token: object): Promise<{ accessKey: string }>;
  };
  const { accessKey } = await tokens.create({
    name: 'reader',
    description: '',
    type: 'read-only',
    kind: 'content-api',
    lifespan: null,
  });
  const torrent = await readyTorrent(
    `${site.url}/api/releases/${documentId}`,
    `Bearer ${accessKey}`,
  );
  expect(torrent).toMatchObject({ name: 'alone.iso', private: true });
  expect((await get(torrent.torrentUrl!)).status).toBe(403);
  await site.stop();
});

test('when the plugin is removed the app boots, and the content is whole', async () => {
  const before = await startSite();
  const media = await upload(before.strapi, 'kept.iso', randomBytes(1_000));
  await allow(before.strapi, 'public', 'release');
  const { documentId } = await documents(before.strapi, 'release').create({
    data: { title: 'Kept', files: [media.id] },
    status: 'published',
  });
  await readyTorrent(`${before.url}/api/releases/${documentId}`);
  await before.strapi.destroy();

  const appDir = await copyFixture();
  await customFieldsToJson(appDir);
  const after = await startSite({ appDir, env: { BITTORRENT: 'false' }, leftBehind: before });
  const { body } = await get(`${after.url}/api/releases/${documentId}?populate=files`);
  expect(body).toMatchObject({ data: { title: 'Kept', files: [{ name: 'kept.iso' }] } });
  expect((await fetch(`${after.url}/announce`)).status).toBe(404);
  await after.stop();
  await rm(appDir, { recursive: true });
});

/** What the documentation tells to do before the plugin is uninstalled: Strapi itself insists. */
async function customFieldsToJson(appDir: string): Promise<void> {
  const files = await readdir(join(appDir, 'src'), { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.json'))) {
    const path = join(appDir, 'src', file);
    const schema = await readFile(path, 'utf8');
    await writeFile(path, schema.replaceAll('"type": "customField"', '"type": "json"'));
  }
}
