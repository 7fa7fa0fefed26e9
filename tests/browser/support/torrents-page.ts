/** The page behind the menu link. */

import type { Locator, Page } from 'playwright-core';

/** Strapi's table is a grid whose heads are cells like others: the first row holds them. */
export function row(page: Page, name: string): Locator {
  return page.getByRole('row').filter({ has: page.getByRole('gridcell', { name, exact: true }) });
}

/** The names of the torrents, in the order of the table. */
export function names(page: Page): Promise<string[]> {
  return page
    .getByRole('row')
    .evaluateAll((rows) => rows.slice(1).map((item) => item.firstElementChild?.textContent ?? ''));
}

export async function sortBy(page: Page, column: string): Promise<void> {
  await page.getByRole('gridcell', { name: column, exact: true }).getByText(column).click();
}

export async function search(page: Page, text: string): Promise<void> {
  const box = page.getByRole('searchbox', { name: 'Search for a torrent' });
  if (!(await box.isVisible())) await page.getByRole('button', { name: 'Search' }).click();
  await box.fill(text);
  await box.press('Enter');
}
