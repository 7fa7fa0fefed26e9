/** The everseed against libtorrent as a seeder: the same file, the same clients, in turns. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeLoopbackTransmission } from '../../interop/clients/transmission-loopback';
import { number, type Row } from '../report';
import { median } from '../rounds';
import {
  aria2Leecher,
  libtorrentLeecher,
  transmissionLeecher,
  type Leecher,
} from '../seeding/leechers';
import { makePayload, type Payload } from '../seeding/payload';
import { libtorrentScript, startEverseed, startLibtorrent, type Seeder } from '../seeding/seeders';
import { startTracker } from '../seeding/tracker';
import type { Part, PartContext } from './part';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** One transfer. */
interface Sample {
  /** From the first byte of payload to the last piece. */
  seconds: number;
  /** The seeder's own processor time, seconds for one GiB. */
  cpu: number;
}

/** Who fetches from whom, and how. */
interface Pairing {
  seeder: Seeder;
  leecher: Leecher;
  encrypted: boolean;
  payload: Payload;
  samples: Sample[];
}

export const everseedPart: Part = async (context) => {
  const { places, isQuick, say } = context;
  const scratch = await mkdtemp(join(tmpdir(), 'bittorrent-bench-clients-'));
  const tracker = await startTracker();
  const closing: (() => Promise<void> | void)[] = [];
  const seedersOf = async (size: number) => {
    const payload = await makePayload(size);
    closing.push(() => payload.remove());
    const ours = await startEverseed(places, payload, tracker);
    closing.push(() => ours.subject.stop());
    const theirs = await startLibtorrent(places, payload, tracker);
    closing.push(() => theirs.subject.stop());
    return (leecher: Leecher) => {
      const pair = (seeder: Seeder, encrypted: boolean): Pairing => ({
        ...{ seeder, leecher, encrypted, payload, samples: [] },
      });
      return { ours: pair(ours, false), theirs: pair(theirs, false), sealed: pair(ours, true) };
    };
  };
  try {
    const large = await seedersOf((isQuick ? 64 : 512) * MIB);
    const libtorrent = large(libtorrentLeecher(libtorrentScript(places)));
    const aria2 = large(aria2Leecher);
    const transmission = large(transmissionLeecher(await makeLoopbackTransmission(scratch)));
    const first = await transfer(libtorrent.ours, scratch);
    say(`the first time, every piece is hashed: ${describe(first)}`);

    const quick = { libtorrent: Object.values(libtorrent), aria2: [aria2.ours, aria2.theirs] };
    await rounds(quick, { from: 0, to: isQuick ? 1 : 5 }, scratch, context);
    // Slow by itself, and the seeders are warm by now.
    const slow = { Transmission: [transmission.ours, transmission.theirs] };
    await rounds(slow, { from: 1, to: isQuick ? 1 : 2 }, scratch, context);
    const rows: Row[] = [
      speed('to libtorrent', libtorrent.ours, libtorrent.theirs, 1.2),
      speed('to aria2', aria2.ours, aria2.theirs, 1),
      speed('to Transmission, in plaintext', transmission.ours, transmission.theirs, 1.5),
      {
        measure: 'processor time for each byte, to libtorrent',
        value: ratio(libtorrent.ours, libtorrent.theirs, ({ cpu }) => cpu),
        unit: '×',
        bar: { kind: 'at most', value: 0.6 },
      },
      {
        measure: 'RC4 required, to libtorrent, against our own plaintext',
        value: 1 / ratio(libtorrent.sealed, libtorrent.ours, ({ seconds }) => seconds),
        unit: '×',
        bar: { kind: 'at least', value: 0.35 },
      },
    ];
    return [
      {
        part: 'everseed',
        title: 'Everseed, against libtorrent as the seeder',
        how:
          'One file in the page cache, over loopback to one client at a time, the seeders in turns; ' +
          'from the client’s first byte of payload to its last piece. The processor time is the ' +
          'seeder’s own, all threads and the kernel. Every file that arrived is compared by its SHA-256.',
        rows,
      },
    ];
  } finally {
    for (const close of closing.reverse()) await close();
    tracker.stop();
    await rm(scratch, { recursive: true, force: true });
  }
};

/** In turns, so that a machine that slows down slows down all of them; round 0 warms up. */
async function rounds(
  pairings: Record<string, readonly Pairing[]>,
  { from, to }: { from: number; to: number },
  scratch: string,
  { say }: PartContext,
): Promise<void> {
  for (let round = from; round <= to; round += 1) {
    for (const [client, each] of Object.entries(pairings)) {
      for (const pairing of each) {
        const sample = await transfer(pairing, scratch);
        if (round === 0) continue;
        pairing.samples.push(sample);
        const { name } = pairing.seeder.subject;
        const how = pairing.encrypted ? ', RC4' : '';
        say(`round ${round}: ${name} to ${client}${how}: ${describe(sample)}`);
      }
    }
  }
}

async function transfer(pairing: Pairing, scratch: string): Promise<Sample> {
  const { seeder, leecher, encrypted, payload } = pairing;
  const outDir = await payload.freshFolder();
  const profile = await mkdtemp(join(scratch, 'profile-'));
  const before = seeder.subject.cpu();
  const [seconds = NaN] = await leecher({
    torrent: seeder.torrent,
    outDirs: [outDir],
    profile,
    encrypted,
  });
  const cpu = (seeder.subject.cpu() - before) / 1000;
  await payload.check(outDir);
  await rm(profile, { recursive: true, force: true });
  return { seconds, cpu: (cpu * GIB) / payload.file.size };
}

const describe = ({ seconds, cpu }: Sample): string =>
  `${seconds.toFixed(2)} s, ${cpu.toFixed(2)} s of CPU for a GiB`;

/** The median over the rounds of the ratio within one. */
function ratio(ours: Pairing, theirs: Pairing, of: (sample: Sample) => number): number {
  return median(
    ours.samples.flatMap((sample, round) => {
      const other = theirs.samples[round];
      return other === undefined ? [] : [of(sample) / of(other)];
    }),
  );
}

function speed(measure: string, ours: Pairing, theirs: Pairing, atLeast: number): Row {
  return {
    measure,
    value: 1 / ratio(ours, theirs, ({ seconds }) => seconds),
    unit: '×',
    beside: `${number(ratio(ours, theirs, ({ cpu }) => cpu))} × processor time`,
    bar: { kind: 'at least', value: atLeast },
  };
}
