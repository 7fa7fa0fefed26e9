/** What the everseed has served to real clients stands in the accounts to the byte, and is not lost at a stop. */

import { randomBytes } from 'node:crypto';
import type { AdminFieldState, AdminTorrentList, ServedBytes } from '../../shared/admin-api';
import type { TorrentValue } from '../../shared/torrent-value';
import { createAdmin, createApiToken, send } from '../integration/support/admin';
import { allow, eventually, readyTorrent } from '../integration/support/content';
import { startSite, type TestSite } from '../integration/support/strapi';
import { freePort, requirePrograms, type ClientName, type DownloadOptions } from './clients';
import { openReaders, publish, sha256, type Readers } from './published';

/** An odd size: the last block is a short one. */
const SIZE = 5 * 1024 * 1024 + 4_321;

let site: TestSite;
let readers: Readers;
let admin: string;

beforeAll(async () => {
  requirePrograms();
  readers = await openReaders('127.0.11');
  const seeder = { port: await freePort(), publicAddress: ['127.0.0.1'] };
  site = await startSite({ config: { seeder, webSeed: { enabled: false } } });
  await allow(site.strapi, 'public', 'release');
  admin = await createAdmin(site);
});

afterAll(async () => {
  await site.stop();
  await readers.remove();
});

interface Release {
  id: string;
  bytes: Buffer;
  torrent: TorrentValue;
  file: string;
}

async function release(name: string): Promise<Release> {
  const bytes = randomBytes(SIZE);
  const url = await publish(site, 'release', 'files', [{ name, bytes }]);
  const torrent = await readyTorrent(url);
  return { id: url.split('/').at(-1)!, bytes, torrent, file: await readers.save(torrent) };
}

interface Accounts {
  /** In the table of torrents. */
  row: ServedBytes | null | undefined;
  /** In the panel beside the entry. */
  panel: ServedBytes | null | undefined;
  total: ServedBytes;
}

async function accounts({ id, torrent }: Release): Promise<Accounts> {
  const torrents = `${site.url}/bittorrent/torrents?pageSize=100`;
  const list = (await send('GET', torrents, admin)).body as unknown as AdminTorrentList;
  const entry = new URLSearchParams({ uid: 'api::release.release', documentId: id }).toString();
  const fields = (await send('GET', `${site.url}/bittorrent/fields?${entry}`, admin)).body;
  return {
    row: list.data.find(({ infoHash }) => infoHash === torrent.infoHash)?.served,
    panel: (fields['data'] as AdminFieldState[])[0]?.served,
    total: list.meta.served,
  };
}

/** Bytes by this process, as Prometheus is told. */
async function metric(by: string): Promise<number> {
  const authorization = await createApiToken(site.strapi, 'full-access');
  const response = await fetch(`${site.url}/api/bittorrent/metrics`, {
    headers: { authorization },
  });
  const line = `bittorrent_served_bytes_total{by="${by}"} `;
  const found = (await response.text()).split('\n').find((text) => text.startsWith(line));
  return Number(found?.slice(line.length));
}

async function download(
  client: ClientName,
  { file, bytes, torrent }: Release,
  more: Partial<DownloadOptions> = {},
): Promise<void> {
  const { result, hashes } = await readers.fetchWith(client, file, more);
  expect(result).toMatchObject({ ok: true });
  expect(await hashes()).toEqual({ [torrent.name!]: sha256(bytes) });
}

const everseed = (times: number): ServedBytes => ({
  webSeed: 0,
  everseed: times * SIZE,
  peers: 0,
});

test('each download is its bytes, in every account; none after that', async () => {
  const made = await release('counted.iso');
  expect(await accounts(made)).toEqual({
    row: everseed(0),
    panel: everseed(0),
    total: everseed(0),
  });
  expect(await metric('everseed')).toBe(0);
  let times = 0;
  for (const client of ['libtorrent', 'aria2'] as const) {
    await download(client, made);
    times += 1;
    const expected = everseed(times);
    await eventually(async () =>
      expect(await accounts(made)).toEqual({ row: expected, panel: expected, total: expected }),
    );
    expect(await metric('everseed')).toBe(times * SIZE);
  }
  expect(await metric('web-seed')).toBe(0);

  await site.restart();
  const expected = everseed(times);
  expect(await accounts(made)).toEqual({ row: expected, panel: expected, total: expected });
  expect(await metric('everseed')).toBe(0);
});

test.each<ClientName>(['libtorrent', 'aria2'])(
  'what %s has just downloaded is not lost when the site stops at that moment',
  async (client) => {
    const made = await release(`stopped-${client}.iso`);
    const before = (await accounts(made)).total.everseed;
    await download(client, made, { whenComplete: () => site.restart() });
    const { row, total } = await accounts(made);
    expect(row).toEqual(everseed(1));
    expect(total.everseed).toBe(before + SIZE);
  },
);
