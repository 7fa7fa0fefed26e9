/** Debian's Chromium, and the people who sit in front of it. */

import { chromium, type BrowserContextOptions, type Page } from 'playwright-core';
import { isStrapisOwn } from './strapis-own-errors';

const TIMEOUT_MS = 30_000;

export interface Person {
  email: string;
  password: string;
}

export interface TestBrowser {
  /** A person's own browser window: cookies and settings are theirs alone. */
  open(options?: BrowserContextOptions): Promise<Page>;
  /** Errors of all windows in the console, other than Strapi's own. */
  errors: readonly string[];
  close(): Promise<void>;
}

export async function startBrowser(url: string): Promise<TestBrowser> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const errors: string[] = [];

  return {
    errors,
    async open(options = {}) {
      const context = await browser.newContext({
        baseURL: url,
        viewport: { width: 1440, height: 900 },
        locale: 'en-US',
        permissions: ['clipboard-read', 'clipboard-write'],
        ...options,
      });
      context.setDefaultTimeout(TIMEOUT_MS);
      await context.addInitScript(() => {
        // Strapi greets the first admin with a tour that covers the Content-Type Builder,
        const tour = { enabled: false, tours: {}, completedActions: [] };
        localStorage.setItem('STRAPI_GUIDED_TOUR', JSON.stringify(tour));
        // and everybody with news about its media library.
        localStorage.setItem('STRAPI_MEDIA_LIBRARY_BANNER_DISMISSED_FOR_false:false', 'true');
      });
      const page = await context.newPage();
      noteErrors(page, errors);
      return page;
    },
    close: () => browser.close(),
  };
}

function noteErrors(page: Page, errors: string[]): void {
  const note = (error: string): void => {
    if (!isStrapisOwn(error)) errors.push(error);
  };
  page.on('console', (message) => {
    if (message.type() === 'error') note(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => note(`${String(error)} ${error.stack ?? ''}`));
}

/** Types name and password; Strapi allows five log-ins in five minutes. */
export async function logIn(page: Page, { email, password }: Person): Promise<void> {
  await page.goto('/admin');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').first().fill(password);
  await page.getByRole('button', { name: 'Login' }).click();
  await menu(page).getByRole('link').first().waitFor();
}

/** The main navigation at the left. */
export function menu(page: Page) {
  return page.getByRole('navigation').first();
}

/**
 * What can be scrolled sideways: the page itself, and the boxes in it that scroll. Nothing should.
 */
export function sidewaysScrollers(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const scrolls = (element: Element): boolean =>
      element === document.documentElement ||
      ['auto', 'scroll'].includes(getComputedStyle(element).overflowX);
    return [...document.querySelectorAll('*')]
      .filter((element) => scrolls(element) && element.scrollWidth > element.clientWidth)
      .map((element) => `${element.tagName}: ${element.textContent.slice(0, 80)}`);
  });
}
