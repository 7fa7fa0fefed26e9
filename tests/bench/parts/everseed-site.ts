/** The everseed inside a real Strapi: fifty clients at once, and what it costs while nobody comes. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../report';
import { median, portOf, WrongAnswer } from '../rounds';
import { libtorrentLeecher } from '../seeding/leechers';
import { makePayload } from '../seeding/payload';
import { libtorrentScript } from '../seeding/seeders';
import { startStrapi } from '../subjects';
import { freePort } from '../subjects/free-port';
import type { Part, PartContext } from './part';

const MIB = 1024 * 1024;
const LEECHERS = 50;
/** A start takes seconds, give or take half of one: that many are needed to tell a tenth. */
const IDLE_PAIRS = 14;

export const everseedSitePart: Part = async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'bittorrent-bench-site-'));
  try {
    return [
      {
        part: 'everseed-site',
        title: 'Everseed, inside Strapi',
        how:
          `${LEECHERS} libtorrent sessions, each with an address of its own, fetch one upload at the same ` +
          'time with the .torrent that the site hands out; every file is compared by its SHA-256. The ' +
          `idle cost is the median difference of ${IDLE_PAIRS} pairs of starts of one site, with and without a ` +
          'port; each of the two is the first in every other pair.',
        rows: [
          await crowd(context, join(folder, 'crowd')),
          ...(await idle(context, join(folder, 'idle'))),
        ],
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

async function crowd({ places, isQuick, say }: PartContext, folder: string): Promise<Row> {
  const payload = await makePayload((isQuick ? 4 : 32) * MIB);
  const seeder = { port: await freePort() };
  const config = { seeder, webSeed: { enabled: false } };
  const strapi = await startStrapi(places, { config, folder, torrents: 0 });
  try {
    const torrent = join(folder, 'crowd.torrent');
    await writeFile(torrent, await publish(portOf(strapi, 'http'), payload.file.filename));
    const outDirs = await Promise.all(
      Array.from({ length: LEECHERS }, () => payload.freshFolder()),
    );
    await strapi.vitals(); // from here on
    const times = await libtorrentLeecher(libtorrentScript(places))({
      ...{ torrent, outDirs, profile: folder, encrypted: false },
    });
    const { loopDelay } = await strapi.vitals();
    for (const outDir of outDirs) await payload.check(outDir);
    say(`${times.length} complete; event loop p99 ${loopDelay.toFixed(1)} ms`);
    return {
      measure: `p99 of Strapi’s event-loop delay while ${LEECHERS} leechers complete`,
      value: loopDelay,
      unit: 'ms',
      bar: { kind: 'at most', value: 20 },
    };
  } finally {
    await strapi.stop();
    await payload.remove();
  }
}

/** As an editor does, by HTTP. @returns the .torrent as readers get it */
async function publish(port: number, filename: string): Promise<Buffer> {
  const url = `http://127.0.0.1:${port}/api`;
  const form = new FormData();
  form.set('files', new Blob([await readFile(filename)]), 'payload.bin');
  const [file] = (await json(`${url}/upload`, { method: 'POST', body: form })) as { id: number }[];
  const entry = (await json(`${url}/releases`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ data: { title: 'payload', files: [file?.id] } }),
  })) as { data: { documentId: string } };
  for (;;) {
    const { data } = (await json(`${url}/releases/${entry.data.documentId}`)) as Release;
    if (data.torrent?.status === 'ready') {
      const response = await fetch(data.torrent.torrentUrl);
      return Buffer.from(await response.arrayBuffer());
    }
    await sleep(50);
  }
}

interface Release {
  data: { torrent: { status: string; torrentUrl: string } | null };
}

async function json(url: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(url, init);
  if (!response.ok) throw new WrongAnswer(`${url} gave ${response.status}`);
  return response.json();
}

async function idle({ places, isQuick, say }: PartContext, folder: string): Promise<Row[]> {
  const torrents = isQuick ? 1_000 : 10_000;
  const rounds = isQuick ? 1 : IDLE_PAIRS;
  const port = await freePort();
  const boot = async (seeder: object) => {
    const strapi = await startStrapi(places, { config: { seeder }, folder, torrents });
    try {
      await sleep(1_000); // the thread comes up beside it
      return await strapi.vitals();
    } finally {
      await strapi.stop();
    }
  };
  const bootBoth = async (isWithFirst: boolean) => {
    if (!isWithFirst) return { without: await boot({}), having: await boot({ port }) };
    const having = await boot({ port });
    return { without: await boot({}), having };
  };
  await boot({}); // fills the tables
  const differences: { rss: number; boot: number }[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const { without, having } = await bootBoth(round % 2 === 0);
    const rss = (having.rss - without.rss) / 1e6;
    const ready = (having.boot - without.boot) / 1000;
    differences.push({ rss, boot: ready });
    say(`round ${round}: ${rss.toFixed(1)} MB, ${ready.toFixed(2)} s more than without`);
  }
  const site = `with ${torrents.toLocaleString('en')} torrents, more than without an everseed`;
  return [
    {
      measure: `resident memory ${site}`,
      value: median(differences.map(({ rss }) => rss)),
      unit: 'MB',
      bar: { kind: 'at most', value: 30 },
    },
    {
      measure: `time to start ${site}`,
      value: median(differences.map((difference) => difference.boot)),
      unit: 's',
      bar: { kind: 'at most', value: 0.5 },
    },
  ];
}
