/**
 * Several swarms share one pool and are changed at random; after every step the flat arrays are
 * compared with a naive model: borders, owners, stamps, index, and that no swarm wrote into another.
 * A failure names its seed; set SIMULATION_SEED to run it again.
 */
import { PeerPool } from '../../../server/src/tracker/swarm/peer-pool';
import { PeerRows } from '../../../server/src/tracker/swarm/peer-rows';
import type { RowLayout } from '../../../server/src/tracker/swarm/row-blocks';
import { ROLE, type PeerRole } from '../../../server/src/tracker';
import { endpoint4, endpoint6, seededRandom } from '../../contract/swarm-fixtures';

const SEED = Number(process.env.SIMULATION_SEED ?? Math.floor(Math.random() * 2 ** 31));
const ROLES = [ROLE.seeder, ROLE.partialSeed, ROLE.downloader];

interface ModelPeer {
  endpoint: Buffer;
  role: PeerRole;
  owner: number;
  stamp: number;
}
type Model = Map<string, ModelPeer>;

interface ModelledRows {
  rows: PeerRows;
  model: Model;
}

/** All differences in one list, because a call of `expect` per row would take minutes. */
function differences(rows: PeerRows, model: Model, stride: number): string[] {
  const found: string[] = [];
  const check = (what: string, actual: unknown, expected: unknown): void => {
    if (actual !== expected) found.push(`${what}: ${String(actual)}, not ${String(expected)}`);
  };
  const roles = [...model.values()].map(({ role }) => role);
  check('count', rows.count, model.size);
  check('seeders', rows.seeders, roles.filter((role) => role === ROLE.seeder).length);
  check('idle', rows.idle, roles.filter((role) => role !== ROLE.downloader).length);
  const endpoints = Buffer.alloc(rows.count * stride);
  rows.copy(0, rows.count, endpoints, 0);
  for (let row = 0; row < rows.count; row += 1) {
    const name = endpoints.toString('hex', row * stride, (row + 1) * stride);
    const peer = model.get(name);
    if (peer === undefined) {
      found.push(`row ${row} holds ${name}, which nobody put there`);
      continue;
    }
    check(`role of ${name}`, rows.roleAt(row), peer.role);
    check(`owner of ${name}`, rows.ownerAt(row), peer.owner);
    check(`stamp of ${name}`, rows.stampAt(row), peer.stamp);
    check(`place of ${name}`, rows.find(peer.endpoint), row);
  }
  return found;
}

/** Stamps of the peers that share the endpoint's address. */
const stampsOf = (model: Model, endpoint: Buffer, addressBytes: number): number[] =>
  [...model.values()]
    .filter((peer) => peer.endpoint.compare(endpoint, 0, addressBytes, 0, addressBytes) === 0)
    .map(({ stamp }) => stamp);

describe.each([
  { family: 4 as const, stride: 6 as const, addressBytes: 4 as const, endpoint: endpoint4 },
  { family: 6 as const, stride: 18 as const, addressBytes: 8 as const, endpoint: endpoint6 },
])('rows of IPv$family under random changes (seed ' + String(SEED) + ')', (kind) => {
  const { family, stride, addressBytes, endpoint } = kind;
  // Few and many peers per swarm: linear search, index, and the way between them.
  it.each([3, 12, 250, 900])('agree with a naive model of up to %i peers', (most) => {
    const random = seededRandom(SEED + most);
    const below = (n: number): number => Math.floor(random() * n);
    const pool = new PeerPool(stride);
    const layout: RowLayout = { family, stride, addressBytes, pool, seed: below(2 ** 32) };
    // Five ports per address: the walks of the index meet neighbours of the same hash.
    const anyEndpoint = () => endpoint(below(Math.ceil(most / 5)), 7000 + below(5));
    const nameOf = (peer: Buffer): string => peer.toString('hex', 0, stride);
    const join = ({ rows, model }: ModelledRows, peer: Buffer): void => {
      const role = ROLES[below(3)]!;
      const added = { endpoint: peer, role, owner: below(2 ** 32), stamp: below(1000) };
      expect(rows.roleAt(rows.insert(peer, role, added.owner, added.stamp))).toBe(role);
      model.set(nameOf(peer), added);
    };
    const open = (): ModelledRows => {
      const swarm = { rows: new PeerRows(layout), model: new Map() as Model };
      for (let i = 0; i < most / 2; i += 1) {
        const peer = anyEndpoint();
        if (!swarm.model.has(nameOf(peer))) join(swarm, peer);
      }
      return swarm;
    };
    const swarms = [open(), open()];
    // Swarms grow for a while and shrink for a while, so that every size of block is passed through.
    const steps = Math.max(1500, most * 2);
    let largest = 0;
    for (let step = 0; step < steps; step += 1) {
      const at = below(swarms.length);
      let swarm = swarms[at]!;
      const growing = Math.floor((step * 4) / steps) % 2 === 0;
      if (swarm.model.size > 0 && random() < 1 / most / 4) {
        swarm.rows.release();
        swarms[at] = swarm = open();
      }
      const { rows, model } = swarm;
      const peer = anyEndpoint();
      const known = model.get(nameOf(peer));
      const row = rows.find(peer);
      if (row >= 0 !== (known !== undefined)) throw new Error(`step ${step}: found in row ${row}`);
      if (known === undefined) {
        const stamps = stampsOf(model, peer, addressBytes);
        const stalest = rows.crowdedOut(peer, 2);
        expect(stalest >= 0).toBe(stamps.length >= 2);
        if (stalest >= 0) expect(rows.stampAt(stalest)).toBe(Math.min(...stamps));
        join(swarm, peer);
      } else if (random() < (growing ? 0.2 : 0.8)) {
        rows.remove(row);
        model.delete(nameOf(peer));
      } else {
        known.owner = below(2 ** 32);
        known.stamp = below(1000);
        rows.update(row, known.owner, known.stamp);
      }
      const touched = step % 50 === 0 ? swarms : [swarm];
      largest = Math.max(largest, rows.count);
      const found = touched.flatMap((each) => differences(each.rows, each.model, stride));
      if (found.length > 0) throw new Error(`after step ${step}: ${found.slice(0, 5).join('; ')}`);
    }
    expect(largest).toBeGreaterThan(most / 2);
    expect(swarms.map(({ rows }) => rows.count)).toEqual(swarms.map(({ model }) => model.size));
  });

  it('agree with it while they grow over many blocks and go back to nothing', () => {
    const random = seededRandom(SEED);
    const below = (n: number): number => Math.floor(random() * n);
    const pool = new PeerPool(stride);
    const rows = new PeerRows({ family, stride, addressBytes, pool, seed: below(2 ** 32) });
    const model: Model = new Map();
    const check = (step: number): void => {
      const found = step % 100 === 0 ? differences(rows, model, stride) : [];
      if (found.length > 0) throw new Error(`at ${step} rows: ${found.slice(0, 5).join('; ')}`);
    };
    for (let n = 1; n <= 2200; n += 1) {
      const added = { endpoint: endpoint(n), role: ROLES[below(3)]!, owner: n, stamp: below(99) };
      rows.insert(added.endpoint, added.role, added.owner, added.stamp);
      model.set(added.endpoint.toString('hex', 0, stride), added);
      check(n);
    }
    for (let left = 2199; left >= 0; left -= 1) {
      const names = [...model.keys()];
      const name = names[below(names.length)]!;
      rows.remove(rows.find(model.get(name)!.endpoint));
      model.delete(name);
      check(left);
    }
    expect(rows.count).toBe(0);
  });
});
