/** The edit view as an editor uses it. */

import { basename } from 'node:path';
import type { Locator, Page } from 'playwright-core';

const RELEASES = '/admin/content-manager/collection-types/api::release.release';

/** The custom field in the form. */
export function torrentField(page: Page): Locator {
  return page.getByRole('group', { name: 'torrent', exact: true });
}

/** The field's part of the panel at the side. */
export function torrentPanel(page: Page): Locator {
  return page.getByRole('region', { name: 'torrent', exact: true });
}

export async function createRelease(page: Page, title: string): Promise<void> {
  await page.goto(`${RELEASES}/create`);
  await page.getByRole('textbox', { name: 'title' }).fill(title);
}

export async function openRelease(page: Page, title: string): Promise<void> {
  await page.goto(RELEASES);
  await page.getByText(title, { exact: true }).first().click();
  await torrentField(page).waitFor();
}

/** Uploads a file from the computer into the media field `files`, by Strapi's own dialog. */
export async function uploadFile(page: Page, path: string): Promise<void> {
  await page.getByRole('button', { name: /Click to add an asset/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Add more assets' }).click();
  const choosing = page.waitForEvent('filechooser');
  await dialog.getByRole('button', { name: /^Drag & Drop here/ }).click();
  await (await choosing).setFiles(path);
  await dialog.getByRole('button', { name: /^Upload 1 asset/ }).click();
  await dialog.getByText('1 asset ready to upload').waitFor();
  await dialog.getByText(basename(path)).waitFor();
  await dialog.getByRole('button', { name: 'Finish' }).click();
  await dialog.waitFor({ state: 'detached' });
}

export async function save(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save', exact: true }).click();
}

export async function publish(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
}

/** The live counters of a field, a panel or a card, as they stand there: `Seeders 1`, … */
export async function counters(scope: Locator): Promise<string[]> {
  const terms = await scope.getByRole('term').allTextContents();
  const numbers = await scope.getByRole('definition').allTextContents();
  return terms.map((term, index) => `${term} ${numbers[index] ?? '?'}`);
}

/** What a person reads there, in one line. */
export async function textOf(scope: Locator): Promise<string> {
  return (await scope.innerText()).replace(/\s+/g, ' ');
}
