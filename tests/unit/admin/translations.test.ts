import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { createIntl } from 'react-intl';

import en from '../../../admin/src/translations/en.json';
import fr from '../../../admin/src/translations/fr.json';

const SOURCES = path.join(__dirname, '../../../admin/src');
const KEY = /['"`](bittorrent\.[a-z0-9.-]+)['"`]/g;

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(file);
    return /\.tsx?$/.test(entry.name) ? [file] : [];
  });
}

const used = new Set(
  filesBelow(SOURCES).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(KEY)].map(([, key]) => key ?? ''),
  ),
);

const placeholders = (text: string): string[] =>
  [...new Set([...text.matchAll(/\{(\w+)/g)].map(([, name]) => name ?? ''))].sort();

describe.each([
  ['English', en],
  ['French', fr],
])('the %s texts of the admin panel', (_language, texts: Record<string, string>) => {
  it('hold every key that the code asks for', () => {
    expect([...used].filter((key) => !(key in texts))).toEqual([]);
  });

  it('hold no key that nobody asks for', () => {
    expect(Object.keys(texts).filter((key) => !used.has(key))).toEqual([]);
  });

  it('leave no text empty', () => {
    expect(Object.entries(texts).filter(([, text]) => text.trim() === '')).toEqual([]);
  });
});

describe('the French texts', () => {
  it('take the same values as the English ones', () => {
    const values = (texts: Record<string, string>) =>
      Object.entries(texts).map(([key, text]) => [key, placeholders(text)]);
    expect(values(fr)).toEqual(values(en));
  });

  it('count in French', () => {
    const intl = createIntl({ locale: 'fr', messages: fr });
    const count = (number: number) =>
      intl.formatMessage({ id: 'bittorrent.torrent.files' }, { count: number });
    expect([count(1), count(3)]).toEqual(['1 fichier', '3 fichiers']);
  });
});
