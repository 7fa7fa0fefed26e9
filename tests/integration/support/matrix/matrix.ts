/** Readers × entry states × doors, as tests of a site with this configuration. */

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, upload } from '../content';
import { startSite, type TestSite } from '../strapi';
import { isOpen, type Made } from './doors';
import type { EntryCase } from './entries';
import { makeReaders, type Grants, type Identity, type ReaderCase } from './readers';
import { DOORS, ruleOf } from './rule';

export interface Matrix {
  /** `config` of the plugin. */
  config?: object;
  grants: Grants;
  readers: readonly ReaderCase[];
  entries: readonly EntryCase[];
}

export function testMatrix({ config = {}, grants, readers, entries }: Matrix): void {
  const rule = ruleOf(grants);
  const made = new Map<EntryCase, Made & { path: string }>();
  let identities: Map<ReaderCase, Identity>;
  let site: TestSite;

  beforeAll(async () => {
    site = await startSite({ config });
    const locale = site.strapi.db.query('plugin::i18n.locale');
    await locale.create({ data: { code: 'fr', name: 'French' } });
    identities = await makeReaders(site, readers, grants);
    for (const [index, entry] of entries.entries()) {
      made.set(entry, await makeEntry(site, entry, index));
    }
    await sleep(1000); // the allowed second
  }, 120_000);

  afterAll(() => site.stop());

  describe.each(entries)('$name', (entry) => {
    test.each(readers)('for $name', async (reader) => {
      const actual: Record<string, boolean | null> = {};
      const wanted: Record<string, boolean | null> = {};
      for (const door of DOORS) {
        wanted[door] = rule.expected(reader, entry.places, door);
        actual[door] =
          wanted[door] === null
            ? null
            : await isOpen(site, identities.get(reader)!, entry, made.get(entry)!, door);
      }
      expect(actual).toEqual(wanted);
    });

    test('gives the bare upload only where Public may have its torrent, or nothing is made of it', async () => {
      const { status } = await fetch(`${site.url}${made.get(entry)!.path}`);
      const isFree = entry.places.length === 0;
      expect(status).toBe(isFree || rule.isPublic(entry.places) ? 200 : 403);
    });
  });

  test('the matrix opens and closes every door', () => {
    for (const door of DOORS) {
      const all = entries.flatMap(({ places }) =>
        readers.map((reader) => rule.expected(reader, places, door)),
      );
      expect(new Set(all.filter((one) => one !== null))).toEqual(new Set([true, false]));
    }
  });
}

async function makeEntry(
  site: TestSite,
  entry: EntryCase,
  index: number,
): Promise<Made & { path: string }> {
  const name = `matrix ${index}.iso`;
  const { id, hash, ext } = await upload(site.strapi, name, randomBytes(20_000 + index));
  const documentId = await entry.make(site, id);
  const infoHash = await eventually(async () => {
    const torrent = (await site.strapi.db
      .query('plugin::bittorrent.torrent')
      .findOne({ where: { name } })) as { infoHash: string } | null;
    if (torrent === null) throw new Error(`${entry.name} has no torrent yet`);
    return torrent.infoHash;
  });
  return { documentId, infoHash, name, path: `/uploads/${hash}${ext}` };
}
