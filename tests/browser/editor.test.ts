/** The editor's story, in Chromium, on the playground: every step is what a person sees. */

import { createHash } from 'node:crypto';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AdminTorrentList, AdminTorrentRow } from '../../shared/admin-api';
import type { TorrentValue } from '../../shared/torrent-value';
import type { Page } from 'playwright-core';
import { eventually } from '../integration/support/content';
import { infoHashWithCreateTorrent } from '../integration/support/create-torrent';
import { logIn, menu, sidewaysScrollers, startBrowser, type TestBrowser } from './support/browser';
import { adminApi, createFrenchAdmin, createWriter, type AdminApi } from './support/colleagues';
import {
  counters,
  createRelease,
  openRelease,
  publish,
  save,
  textOf,
  torrentField,
  torrentPanel,
  uploadFile,
} from './support/edit-view';
import { announce } from './support/peer';
import { DEMO_ADMIN, DEMO_MEMBER, startPlayground, type Playground } from './support/playground';
import { names, row, search, sortBy } from './support/torrents-page';

const SCREENSHOTS = join(__dirname, '../screenshots');
const FILE_NAME = 'penguin-2.0.deb';
const TITLE = 'Penguin Linux 2.0';
const BYTES = createHash('shake256', { outputLength: 300_000 }).update(FILE_NAME).digest();

const FRENCH_HEADS = [
  ...['Nom', 'Entrées', 'État', 'Taille'],
  ...['Seeders', 'Leechers', 'Terminés', 'Servi', 'Créé le', 'Actions'],
];

let playground: Playground;
let api: AdminApi;
let browser: TestBrowser;
/** The demo admin's window, open from the first step to the last. */
let page: Page;
/** Files on the editor's computer. */
let computer: string;
let infoHash: string;
/** What was started, in order. */
const cleanUps: (() => Promise<void>)[] = [];

beforeAll(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  computer = await mkdtemp(join(tmpdir(), 'bittorrent-editor-'));
  cleanUps.push(() => rm(computer, { recursive: true, force: true }));
  playground = await startPlayground();
  cleanUps.push(() => playground.stop());
  api = await adminApi(playground.url, DEMO_ADMIN);
  browser = await startBrowser(playground.url);
  cleanUps.push(() => browser.close());
  page = await browser.open();
  infoHash = await infoHashWithCreateTorrent([{ name: FILE_NAME, bytes: BYTES }], {
    pieceLength: 16 * 1024,
  });
});

afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

const shoot = (name: string, of: Page = page) =>
  of.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });

/** The panel looks every five seconds; a busy machine takes its time. */
const soon = (attempt: () => Promise<void>) => eventually(attempt, 30);

/** Where Strapi has put an uploaded file; it adds a random end to the name. */
async function storedFile(start: string): Promise<string> {
  const found = (await readdir(playground.uploads)).find((name) => name.startsWith(start));
  if (found === undefined) throw new Error(`no upload starts with ${start}`);
  return join(playground.uploads, found);
}

test('the admin logs in and finds the torrents in the menu', async () => {
  await logIn(page, DEMO_ADMIN);
  await menu(page).getByRole('link', { name: 'Torrents' }).waitFor();
});

test('the Content-Type Builder offers the field and its options', async () => {
  // As `strapi develop` says it: the builder is read-only otherwise. Nothing is saved here.
  const information = '**/admin/information';
  await page.route(information, async (route) => {
    const response = await route.fetch();
    const { data } = (await response.json()) as { data: object };
    await route.fulfill({ response, json: { data: { ...data, autoReload: true } } });
  });
  await page.goto('/admin/plugins/content-type-builder/content-types/api::release.release');
  await page.getByRole('button', { name: 'Add another field', exact: true }).click();

  const dialog = page.getByRole('dialog');
  await dialog.getByRole('tab', { name: 'Custom' }).click();
  await dialog.getByRole('button', { name: /^Torrent Makes a torrent/ }).click();
  await dialog.getByRole('heading', { name: 'Add new Torrent field' }).waitFor();
  await dialog.getByRole('textbox', { name: 'Name' }).fill('download');
  const source = dialog.getByRole('combobox', { name: 'Made from' });
  await source.getByText('files', { exact: true }).waitFor();
  await source.click();
  const choices = page.getByRole('option');
  await choices.first().waitFor();
  expect(await choices.allInnerTexts()).toEqual([
    'files',
    'Files that the editor picks in this field',
  ]);
  await page.keyboard.press('Escape');

  await dialog.getByRole('tab', { name: 'Advanced settings' }).click();
  await dialog.getByRole('combobox', { name: 'Format' }).getByText(/^v1/).waitFor();
  await dialog
    .getByRole('combobox', { name: 'Private flag' })
    .getByText(/^Automatic/)
    .waitFor();
  expect(await dialog.getByRole('checkbox', { name: 'Web seed' }).isChecked()).toBe(true);
  await dialog.getByRole('combobox', { name: 'Only for these roles' }).click();
  await page.getByRole('option', { name: 'Member' }).waitFor();
  await page.keyboard.press('Escape');
  await dialog.getByRole('button', { name: 'Finish' }).click();
  await page.getByRole('button', { name: 'Edit download' }).waitFor();

  page.once('dialog', (dialog) => void dialog.accept()); // Leave without saving? Yes.
  await page.goto('/admin');
  await page.unroute(information);
});

test('a file uploaded into an entry becomes a torrent, for readers once it is published', async () => {
  const path = join(computer, FILE_NAME);
  await writeFile(path, BYTES);
  await createRelease(page, TITLE);
  const field = torrentField(page);
  await field.getByText('The torrent is made when you save.').waitFor();
  await uploadFile(page, path);
  await field.getByText(`Made from “files”: ${FILE_NAME}`).waitFor();
  await save(page);

  await field.getByText('Ready', { exact: true }).waitFor();
  await field.getByText(FILE_NAME, { exact: true }).waitFor();
  await field.getByText('300 kB', { exact: true }).waitFor();
  expect(await field.getByRole('code').innerText()).toBe(infoHash);
  const draftNote = field.getByText('Readers get it once the entry is published.');
  await draftNote.waitFor();
  await torrentPanel(page).getByText('Ready', { exact: true }).waitFor();

  await publish(page);
  await draftNote.waitFor({ state: 'detached' });
  await page.getByText('Published', { exact: true }).first().waitFor();
});

test('field and panel count seeders, leechers and completed downloads without a reload', async () => {
  await page.evaluate(() => (document.body.dataset['loaded'] = 'once'));
  const expectCounts = (...expected: string[]) =>
    soon(async () => {
      expect(await counters(torrentField(page))).toEqual(expected);
      expect(await counters(torrentPanel(page))).toEqual(expected);
    });
  await expectCounts('Seeders 0', 'Leechers 0', 'Completed 0');

  await announce(playground.url, infoHash, { port: 6001, left: 0, event: 'started' });
  await announce(playground.url, infoHash, { port: 6002, left: 1000, event: 'started' });
  await expectCounts('Seeders 1', 'Leechers 1', 'Completed 0');

  await announce(playground.url, infoHash, { port: 6002, left: 0, event: 'completed' });
  await expectCounts('Seeders 2', 'Leechers 0', 'Completed 1');
  expect(await page.evaluate(() => document.body.dataset['loaded'])).toBe('once');
  await shoot('edit-view-light');
});

test('the magnet link, the info-hash and the .torrent file can be taken along', async () => {
  const { default: parseTorrent } = await import('parse-torrent');
  const field = torrentField(page);
  const trackers = [
    `${playground.url}/announce`,
    `${playground.url.replace('http', 'ws')}/announce`,
  ];
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());

  await field.getByRole('button', { name: 'Copy magnet link' }).click();
  await page.getByText('Magnet link copied').waitFor();
  expect(await parseTorrent(await clipboard())).toMatchObject({
    infoHash,
    name: FILE_NAME,
    announce: trackers,
  });

  await field.getByRole('button', { name: 'Copy info-hash' }).click();
  await page.getByText('Info-hash copied').waitFor();
  expect(await clipboard()).toBe(infoHash);

  const downloading = page.waitForEvent('download');
  await field.getByRole('button', { name: 'Download .torrent' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe(`${FILE_NAME}.torrent`);
  const torrent = await parseTorrent(await readFile(await download.path()));
  expect(torrent).toMatchObject({ infoHash, announce: trackers });
  const [webSeed] = torrent.urlList;
  expect(Buffer.from(await (await fetch(webSeed!)).arrayBuffer())).toEqual(BYTES);
});

test('the panel says when the web seed has lost its file, and when it is back', async () => {
  const panel = torrentPanel(page);
  await panel.getByText('Web seed: OK').waitFor();
  const stored = await storedFile('penguin_2');
  await rename(stored, `${stored}.away`);
  await panel.getByText('Web seed: the file is missing').waitFor();
  await rename(`${stored}.away`, stored);
  await panel.getByText('Web seed: OK').waitFor();
});

test('a torrent that cannot be made says why, and is made when it is tried again', async () => {
  const path = join(computer, 'draft.bin');
  await writeFile(path, 'ten bytes.');
  await createRelease(page, 'A draft');
  await uploadFile(page, path);
  const stored = await storedFile('draft');
  await truncate(stored, 0);
  await save(page);

  const field = torrentField(page);
  await field.getByText('Failed', { exact: true }).waitFor();
  await field.getByText('The file is empty. A torrent needs at least one byte.').waitFor();
  await torrentPanel(page).getByText('The file is empty.', { exact: false }).waitFor();
  await shoot('edit-view-failed');

  await writeFile(stored, 'ten bytes.');
  await field.getByRole('button', { name: 'Try again' }).click();
  await field.getByText('Ready', { exact: true }).waitFor();
  await field.getByText(/^10 bytes/).waitFor();
});

test('page and panel say who served how much', async () => {
  const { data } = (await (await fetch(`${playground.url}/api/releases`)).json()) as {
    data: { title: string; torrent: TorrentValue }[];
  };
  const { title, torrent } = data.find((entry) => entry.torrent.name === 'penguin-1.0.iso')!;
  const size = torrent.size!;
  await (await fetch(torrent.webSeeds[0]!)).arrayBuffer();
  for (let port = 7001; port <= 7007; port += 1) {
    const said = { port, downloaded: size };
    await announce(playground.url, torrent.infoHash!, { port, left: size, event: 'started' });
    await announce(playground.url, torrent.infoHash!, { ...said, left: 0, event: 'completed' });
    await announce(playground.url, torrent.infoHash!, { ...said, left: 0, event: 'stopped' });
  }
  await page.goto('/admin/plugins/bittorrent');
  // Seven have it, of whom the site has served one.
  await row(page, 'penguin-1.0.iso').getByText('85% saved', { exact: true }).waitFor();
  await openRelease(page, title);
  await torrentPanel(page)
    .getByText(/^Served by the site: .+, by peers: about .+ \(85% saved\)$/)
    .waitFor();
  await shoot('edit-view-served');
});

test('the page lists all torrents: searched, sorted, in pages, each with its entry', async () => {
  await menu(page).getByRole('link', { name: 'Torrents' }).click();
  await page.getByRole('heading', { name: 'Torrents', level: 1 }).waitFor();
  await page.getByText(/^6 torrents · Served by the site: /).waitFor();
  const expectNames = (...expected: string[]) =>
    soon(async () => expect(await names(page)).toEqual(expected));
  await row(page, 'draft.bin').getByText('draft', { exact: true }).waitFor();
  await soon(async () =>
    expect(await textOf(row(page, FILE_NAME))).toContain(`${TITLE} Ready 300 kB 2 0 1`),
  );
  await shoot('torrents-light');

  const bySize = [
    'draft.bin',
    'episode-2.webm',
    FILE_NAME,
    'episode-1.wav',
    'readings',
    'penguin-1.0.iso',
  ];
  await sortBy(page, 'Size');
  await expectNames(...bySize);
  await sortBy(page, 'Size');
  await expectNames(...[...bySize].reverse());

  await search(page, 'no such torrent & more');
  await page.getByText('No torrent matches “no such torrent & more”.').waitFor();
  await search(page, infoHash);
  await expectNames(FILE_NAME);
  await search(page, 'Episode 1: members only');
  await expectNames('episode-1.wav');

  await page.goto('/admin/plugins/bittorrent?pageSize=2&sort=size:ASC');
  await expectNames(...bySize.slice(0, 2));
  await page.getByRole('link', { name: 'Go to page 3' }).click();
  await expectNames(...bySize.slice(4));
  await page.getByRole('link', { name: 'Go to previous page' }).click();
  await expectNames(...bySize.slice(2, 4));
  await page.getByRole('link', { name: 'Go to next page' }).click();

  await row(page, 'readings').getByRole('link', { name: 'A data set in three files' }).click();
  await page.getByRole('heading', { name: 'A data set in three files' }).waitFor();
  await torrentField(page).getByText('3.1 MB · 3 files').waitFor();
});

test('an administrator takes a torrent down, puts it back, and reads who did it', async () => {
  await page.goto('/admin/plugins/bittorrent');
  await row(page, 'draft.bin').getByRole('button', { name: 'Take draft.bin down…' }).click();
  const dialog = page.getByRole('dialog');
  const confirm = dialog.getByRole('button', { name: 'Take down', exact: true });
  expect(await confirm.isDisabled()).toBe(true); // no reason yet
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('rights unclear');
  await confirm.click();
  await row(page, 'draft.bin').getByText('Taken down', { exact: true }).waitFor();

  await openRelease(page, 'A draft');
  await torrentField(page)
    .getByText('An administrator took this torrent down, or a file in it.')
    .waitFor();
  expect(await torrentField(page).getByRole('button', { name: 'Try again' }).count()).toBe(0);

  await page.goto('/admin/plugins/bittorrent');
  await row(page, 'draft.bin').getByRole('button', { name: 'Put draft.bin back' }).click();
  await row(page, 'draft.bin').getByText('Ready', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByRole('heading', { name: 'Audit log', level: 1 }).waitFor();
  const events = page.getByRole('main').getByRole('listitem');
  await soon(async () =>
    expect(await textOf(events.nth(0))).toContain(`${DEMO_ADMIN.email} put back draft.bin`),
  );
  expect(await textOf(events.nth(1))).toContain(`${DEMO_ADMIN.email} took down draft.bin`);
  expect(await textOf(events.nth(1))).toContain('rights unclear');
  expect(await sidewaysScrollers(page)).toEqual([]);
  await shoot('audit-light');
});

test('an administrator sees who holds a key to what, and withdraws one alone', async () => {
  const names = await fetchAsMember();
  await page.goto('/admin/plugins/bittorrent');
  await page.getByRole('link', { name: 'Keys', exact: true }).click();
  await page.getByRole('heading', { name: 'Keys', level: 1 }).waitFor();
  const keys = page.getByRole('main').getByRole('listitem');
  const [first, other] = names.map((name) => keys.filter({ hasText: `${name}, for member` }));
  await first!.getByText('Valid · ').waitFor();
  await first!.getByRole('button', { name: `Withdraw the keys of member to ${names[0]!}` }).click();
  await first!.getByText('Withdrawn · ').waitFor();
  await other!.getByText('Valid · ').waitFor();
  expect(await first!.getByRole('button').count()).toBe(0);
  expect(await sidewaysScrollers(page)).toEqual([]);
  await shoot('keys-light');
});

/** Gets the member's .torrent files; the names of their torrents. */
async function fetchAsMember(): Promise<string[]> {
  const login = await fetch(`${playground.url}/api/auth/local`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ identifier: DEMO_MEMBER.email, password: DEMO_MEMBER.password }),
  });
  const headers = { authorization: `Bearer ${((await login.json()) as { jwt: string }).jwt}` };
  const list = await fetch(`${playground.url}/api/episodes`, { headers });
  const { data } = (await list.json()) as { data: { torrent: TorrentValue }[] };
  for (const { torrent } of data) {
    expect((await fetch(torrent.torrentUrl!, { headers })).status).toBe(200);
  }
  return data.map(({ torrent }) => torrent.name!);
}

test('who may only write sees the torrents of entries, and no list of all', async () => {
  const writer = await createWriter(api);
  const window = await browser.open();
  await logIn(window, writer);
  await openRelease(window, TITLE);
  await torrentField(window).getByText(infoHash).waitFor();
  expect(await menu(window).getByRole('link', { name: 'Torrents' }).count()).toBe(0);

  await window.goto('/admin/plugins/bittorrent');
  await window.getByText("You don't have the permissions to access that content").waitFor();
  expect(await window.getByRole('heading', { name: 'Torrents' }).count()).toBe(0);
  const asWriter = await adminApi(playground.url, writer);
  await expect(asWriter.get('/bittorrent/torrents')).rejects.toThrow('"status":403');
  await window.context().close();
});

test('who prefers French reads French', async () => {
  const reader = await createFrenchAdmin(api);
  const window = await browser.open();
  await logIn(window, reader);
  await openRelease(window, TITLE);
  const field = torrentField(window);
  await field.getByText('Prêt', { exact: true }).waitFor();
  await soon(async () =>
    expect(await counters(field)).toEqual(['Seeders 2', 'Leechers 0', 'Terminés 1']),
  );
  await field.getByText(`Créé à partir de « files » : ${FILE_NAME}`).waitFor();
  await field.getByRole('button', { name: 'Télécharger le .torrent' }).waitFor();
  await field.getByRole('button', { name: 'Copier le lien magnet' }).waitFor();
  await torrentPanel(window).getByText('Web seed : OK').waitFor();
  await shoot('edit-view-french', window);

  await window.goto('/admin/plugins/bittorrent');
  await row(window, 'draft.bin').getByText('brouillon', { exact: true }).waitFor();
  const heads = window.getByRole('row').first().getByRole('gridcell');
  expect(await heads.allTextContents()).toEqual(FRENCH_HEADS);
  await window.context().close();
});

test.each([
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1440, height: 900 } },
  { name: 'phone', colorScheme: 'light', viewport: { width: 390, height: 844 } },
  { name: 'phone-dark', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const)('nothing has to be scrolled sideways: $name', async ({ name, ...screen }) => {
  const storageState = await page.context().storageState();
  const window = await browser.open({ ...screen, storageState });
  await window.goto('/admin/plugins/bittorrent');
  await window.getByText(FILE_NAME, { exact: true }).waitFor();
  expect(await sidewaysScrollers(window)).toEqual([]);
  await shoot(`torrents-${name}`, window);

  await window.getByRole('link', { name: TITLE }).click();
  const field = torrentField(window);
  await field.getByText(infoHash).waitFor();
  const ground = await field.evaluate((element) => getComputedStyle(element).backgroundColor);
  expect(ground === 'rgb(255, 255, 255)').toBe(screen.colorScheme === 'light');
  expect(await sidewaysScrollers(window)).toEqual([]);
  await field.scrollIntoViewIfNeeded();
  await shoot(`edit-view-${name}`, window);

  if (screen.viewport.width < 500) {
    await window.getByRole('button', { name: 'Open more actions' }).click();
  }
  await torrentPanel(window).getByText('Web seed: OK').waitFor();
  expect(await sidewaysScrollers(window)).toEqual([]);
  await shoot(`panel-${name}`, window);
  await window.context().close();
});

test.each([1440, 390])('long names are shortened where they stand: %i pixels', async (width) => {
  const long = 'A title that goes on '.repeat(12).trim();
  const storageState = await page.context().storageState();
  const window = await browser.open({ viewport: { width, height: 844 }, storageState });
  await window.route(/\/bittorrent\/torrents\?/, async (route) => {
    const response = await route.fetch();
    const { data, meta } = (await response.json()) as AdminTorrentList;
    const rows = data.map((one, index) => (index === 0 ? heldWithNames(one, long) : one));
    await route.fulfill({ response, json: { data: rows, meta } });
  });
  await window.goto('/admin/plugins/bittorrent');
  const links = window.getByRole('main').getByRole('link', { name: long });
  await links.first().waitFor();
  expect(await links.count()).toBe(2); // the entry, and the takedown that holds it
  for (const link of await links.all()) expect(await link.evaluate(standsOut)).toBe(false);
  expect(await sidewaysScrollers(window)).toEqual([]);
  await shoot(`torrents-long-${width}`, window);
  await window.context().close();
});

/** A row as it is when a takedown holds a torrent because of a file in it. */
function heldWithNames(row: AdminTorrentRow, name: string): AdminTorrentRow {
  return {
    ...row,
    name,
    status: 'failed',
    error: { code: 'taken-down', message: '' },
    takedown: { reason: name, torrent: { infoHash: 'e'.repeat(40), name } },
    entries: row.entries.map((entry) => ({ ...entry, title: name })),
  };
}

/** In the page: whether a link goes on beyond the cell or the card that it is in. */
function standsOut(link: Element): boolean {
  const { right } = link.closest('td, li')!.getBoundingClientRect();
  const { top, height } = link.getBoundingClientRect();
  return link.contains(document.elementFromPoint(right + 5, top + height / 2));
}

test('the browser has had nothing to complain about', () => {
  expect(browser.errors).toEqual([]);
});
