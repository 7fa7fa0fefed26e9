/**
 * Which peers an announcing peer is told of. Seeders and partial seeds meet downloaders only: two
 * seeders have nothing to say to each other. A downloader gets seeders first, then the others.
 * Never the peer itself, and never one that the asker cannot reach: of the three groups that a
 * family has, the asker sees its own and those that can be reached from further away. Both address
 * families share the reply, each with a quarter at least.
 */
import { REACH, type Reach } from '../address';
import type { Chance } from './chance';
import type { PeerRows } from './peer-rows';
import { isInside, pickRows } from './pick-rows';
import type { Endpoints } from './row-blocks';
import { groupOf, type Swarm } from './swarm';
import { ROLE, type AddressFamily, type PeerRole, type SwarmAnswer } from './swarm-store';

/** The asking peer's own row, so that it is left out; `row` is -1 for one that is not in the swarm. */
export interface Asker {
  rows: PeerRows | null;
  row: number;
  /** As which it asks. */
  role: PeerRole;
  family: AddressFamily;
  ownFamilyOnly: boolean;
  reach: Reach;
}

/** Where the chosen endpoints are written: the buffers of the answer. */
export interface ChosenPeers {
  readonly out4: Endpoints;
  readonly out6: Endpoints;
}

export function chosenPeersOf({ peers4, peers6 }: SwarmAnswer): ChosenPeers {
  const endpointsOf = (bytes: Buffer): Endpoints => ({
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
  });
  return { out4: endpointsOf(peers4), out6: endpointsOf(peers6) };
}

/** Fills `chosen` with at most `want` endpoints, and says in `answer` how many they are. */
export function choosePeers(
  swarm: Swarm,
  asker: Asker,
  want: number,
  chance: Chance,
  chosen: ChosenPeers,
  answer: SwarmAnswer,
): void {
  const { out4, out6 } = chosen;
  if (asker.ownFamilyOnly) {
    const isIPv4 = asker.family === 4;
    const count = fillFrom(swarm, asker.family, asker, want, chance, isIPv4 ? out4 : out6);
    answer.count4 = isIPv4 ? count : 0;
    answer.count6 = isIPv4 ? 0 : count;
    return;
  }
  if (asker.reach !== REACH.public && swarm.hasNearPeers) {
    chooseByReach(swarm, asker, want, chance, chosen, answer);
    return;
  }
  // Nearly always there are two groups to choose from, or one.
  const { v4, v6 } = swarm;
  const first4 = preferred(v4, asker);
  const first6 = preferred(v6, asker);
  const others4 = others(v4, asker);
  const others6 = others(v6, asker);
  const want6 = shareOfIPv6(want, first4, first6, others4, others6, asker);
  answer.count4 = v4 === null ? 0 : fill(v4, asker, want - want6, chance, out4);
  answer.count6 = v6 === null ? 0 : fill(v6, asker, want6, chance, out6);
}

/** End of the rows that come first: seeders, for a downloader. */
const preferredTo = (rows: PeerRows, asker: Asker): number =>
  asker.role === ROLE.downloader ? rows.seeders : 0;

function preferred(rows: PeerRows | null, asker: Asker): number {
  if (rows === null) return 0;
  const to = preferredTo(rows, asker);
  // A seeder may ask as a downloader does.
  return to - (rows === asker.rows ? isInside(asker.row, 0, to) : 0);
}

/** First row of those that come second for a downloader, and are all there is for a seeder. */
const othersFrom = (rows: PeerRows, asker: Asker): number =>
  asker.role === ROLE.downloader ? rows.seeders : rows.idle;

function others(rows: PeerRows | null, asker: Asker): number {
  if (rows === null) return 0;
  const from = othersFrom(rows, asker);
  return rows.count - from - (rows === asker.rows ? isInside(asker.row, from, rows.count) : 0);
}

function fill(rows: PeerRows, asker: Asker, want: number, chance: Chance, out: Endpoints): number {
  const seeders = pick(rows, asker, true, want, chance, out, 0);
  return seeders + pick(rows, asker, false, want - seeders, chance, out, seeders);
}

/** Up to `want` of the preferred or of the other peers of one group. */
function pick(
  rows: PeerRows,
  asker: Asker,
  isPreferred: boolean,
  want: number,
  chance: Chance,
  out: Endpoints,
  at: number,
): number {
  const self = rows === asker.rows ? asker.row : -1;
  const from = isPreferred ? 0 : othersFrom(rows, asker);
  const to = isPreferred ? preferredTo(rows, asker) : rows.count;
  return pickRows(rows, from, to, self, want, chance, out, at);
}

function shareOfIPv6(
  want: number,
  first4: number,
  first6: number,
  others4: number,
  others6: number,
  { family }: Asker,
): number {
  const all4 = first4 + others4;
  const all6 = first6 + others6;
  if (all6 === 0 || want <= 0) return 0;
  if (all4 + all6 <= want) return all6;
  // So few places go to the family that the asker surely speaks.
  if (want < 4) return family === 6 ? Math.min(want, all6) : Math.max(0, want - all4);
  const left = want - first4 - first6;
  const ideal =
    left <= 0
      ? Math.round((want * first6) / (first4 + first6))
      : first6 + Math.round((left * others6) / (others4 + others6));
  const quarter = (want + 3) >> 2;
  const most = want - Math.min(quarter, all4);
  const least = Math.max(Math.min(quarter, all6), want - all4);
  return Math.min(all6, Math.max(least, Math.min(most, ideal)));
}

/** For an asker on a private or loopback address: from its own group to the public one. */
function chooseByReach(
  swarm: Swarm,
  asker: Asker,
  want: number,
  chance: Chance,
  { out4, out6 }: ChosenPeers,
  answer: SwarmAnswer,
): void {
  const first4 = countVisible(swarm, 4, asker, true);
  const first6 = countVisible(swarm, 6, asker, true);
  const others4 = countVisible(swarm, 4, asker, false);
  const others6 = countVisible(swarm, 6, asker, false);
  const want6 = shareOfIPv6(want, first4, first6, others4, others6, asker);
  answer.count4 = fillFrom(swarm, 4, asker, want - want6, chance, out4);
  answer.count6 = fillFrom(swarm, 6, asker, want6, chance, out6);
}

/** Fills `out` with peers of one family: from all groups that the asker sees. */
function fillFrom(
  swarm: Swarm,
  family: AddressFamily,
  asker: Asker,
  want: number,
  chance: Chance,
  out: Endpoints,
): number {
  const only = onlyVisible(swarm, family, asker);
  if (only !== null) return fill(only, asker, want, chance, out);
  const first = countVisible(swarm, family, asker, true);
  const written = fillVisible(swarm, family, asker, true, first, want, chance, out, 0);
  const second = countVisible(swarm, family, asker, false);
  const left = want - written;
  return written + fillVisible(swarm, family, asker, false, second, left, chance, out, written);
}

/** The one group that the asker sees where there is only one: nearly always. */
function onlyVisible(swarm: Swarm, family: AddressFamily, { reach }: Asker): PeerRows | null {
  let only: PeerRows | null = null;
  for (let group = groupOf(family, reach); group >= 0; group -= 2) {
    const rows = swarm.rowsOf(group);
    if (rows === null) continue;
    if (only !== null) return null;
    only = rows;
  }
  return only;
}

function countVisible(
  swarm: Swarm,
  family: AddressFamily,
  asker: Asker,
  isPreferred: boolean,
): number {
  let count = 0;
  for (let group = groupOf(family, asker.reach); group >= 0; group -= 2) {
    const rows = swarm.rowsOf(group);
    count += isPreferred ? preferred(rows, asker) : others(rows, asker);
  }
  return count;
}

/**
 * `want` of the `total` peers of one kind, from each group about as many as it has part in them
 * (the nearest rounded up): neighbours shall meet, but not lose sight of the rest of the swarm.
 */
function fillVisible(
  swarm: Swarm,
  family: AddressFamily,
  asker: Asker,
  isPreferred: boolean,
  total: number,
  want: number,
  chance: Chance,
  out: Endpoints,
  at: number,
): number {
  let left = Math.min(want, total);
  let among = total;
  let written = 0;
  for (let group = groupOf(family, asker.reach); left > 0 && group >= 0; group -= 2) {
    const rows = swarm.rowsOf(group);
    if (rows === null) continue;
    const size = isPreferred ? preferred(rows, asker) : others(rows, asker);
    if (size === 0) continue;
    const share = Math.ceil((left * size) / among);
    written += pick(rows, asker, isPreferred, share, chance, out, at + written);
    left -= share;
    among -= size;
  }
  return written;
}
