/** What is measured inside one process: memory, growth, the gate's share. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Row } from '../report';
import type { Places } from '../subjects';
import { pinned, SERVER_CORE } from '../subjects/subject';
import type { Part } from './part';

const execute = promisify(execFile);

/** Runs a bundle of `in-process/` on the server's core. @returns the JSON of its last line */
async function measured<Result>(
  places: Places,
  name: string,
  args: unknown[],
  flags: string[] = [],
): Promise<Result> {
  const file = join(places.bundles, 'in-process', `${name}.mjs`);
  const command = [process.execPath, '--expose-gc', '--max-old-space-size=4096', ...flags, file];
  const [program = '', ...rest] = pinned(SERVER_CORE, [...command, ...args.map(String)]);
  const { stdout } = await execute(program, rest);
  return JSON.parse(stdout) as Result;
}

/**
 * V8 lets the space for new objects grow to 48 MB when it likes, and keeps it: no announce needs that,
 * and it would be counted as the peers'.
 */
const SMALL_NURSERY = '--max-semi-space-size=1';

const count = (n: number): string => (n >= 1e6 ? `${n / 1e6} million` : n.toLocaleString('en'));

export const memoryPart: Part = async ({ places, isQuick, say }) => {
  const rows: Row[] = [];
  for (const peers of isQuick ? [100_000] : [100_000, 1_000_000]) {
    for (const torrents of [1000, 1]) {
      const value = await measured<number>(places, 'memory', [peers, torrents], [SMALL_NURSERY]);
      const where = torrents === 1 ? 'in one swarm' : `spread over ${count(torrents)} torrents`;
      say(`${count(peers)} peers ${where}: ${value.toFixed(1)} bytes each`);
      rows.push({
        measure: `${count(peers)} peers ${where}`,
        value,
        unit: 'bytes',
        ...(peers === 1_000_000 && { bar: { kind: 'at most', value: 40 } }),
      });
    }
  }
  return [
    {
      part: 'memory',
      title: 'Memory per IPv4 peer',
      how:
        'Resident memory of a process of its own, after a full garbage collection, less what it ' +
        'was before the peers came. The space for new objects, which V8 sizes by its own rules, is kept small.',
      rows,
    },
  ];
};

export const growthPart: Part = async ({ places, isQuick, say }) => {
  const torrents = isQuick ? [1, 1000, 10_000] : [1, 1000, 100_000, 1_000_000];
  const peers = isQuick ? [10, 1000, 10_000] : [10, 1000, 10_000, 100_000];
  const perRound = isQuick ? 5_000 : 50_000;
  const rows = [...(await growthRows('torrents', torrents)), ...(await growthRows('peers', peers))];

  async function growthRows(kind: 'torrents' | 'peers', sizes: number[]): Promise<Row[]> {
    const ratios = await measured<number[]>(places, 'growth', [kind, perRound, ...sizes]);
    return ratios.slice(1).map((value, i) => {
      const [first = 0, size = 0] = [sizes[0], sizes[i + 1]];
      const what = kind === 'torrents' ? 'torrents with a peer each' : 'peers in one swarm';
      const measure = `${count(size)} ${what}, against ${first}`;
      say(`${measure}: ${value.toFixed(2)}`);
      return { measure, value, unit: '×', bar: { kind: 'at most', value: 1.5 } };
    });
  }

  return [
    {
      part: 'growth',
      title: 'Growth of the cost of one announce',
      how:
        'From the URL to the body of the answer, without a socket: the whole engine and its HTTP ' +
        'wire format. Peers and torrents are asked for at random, so nothing stays in a cache.',
      rows,
    },
  ];
};

export const gatePart: Part = async ({ places, isQuick, say }) => {
  const counts = [isQuick ? 5_000 : 50_000];
  const [share, nanoseconds] = await measured<[number, number]>(places, 'gate', counts);
  say(`${(share * 100).toFixed(1)} % of an announce, ${nanoseconds.toFixed(0)} ns here`);
  const row: Row = {
    measure: 'the gate, of an announce without a socket',
    value: share * 100,
    unit: '%',
  };
  return [
    {
      part: 'gate',
      title: 'The one rule',
      how:
        'The plugin’s own gate (which torrent, which role, which permission) against one that ' +
        'admits everybody.',
      rows: [row],
    },
  ];
};
