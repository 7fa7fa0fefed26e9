/** The gate remembers what the one rule said: never for longer than it is true. */

import {
  createAccess,
  createGate,
  createRegistry,
  createRoleTable,
  createUserTable,
  PUBLIC_OWNER,
  type Exposure,
  type RegisteredTorrent,
} from '../../../server/src/access';
import { infoHashToHex, REFUSAL, type InfoHash } from '../../../server/src/tracker';
import { hashNumber, seededRandom } from '../../contract/swarm-fixtures';

const TYPES = ['api::release.release', 'api::track.track'];
const ROLES = [
  { id: 1, type: 'public' },
  { id: 2, type: 'authenticated' },
  { id: 3, type: 'member' },
];
const USERS = [10, 11, 12];
const TORRENTS = 5;
const SEED = Date.now() % 2 ** 31;

it(`says what the rule says, whatever changes in between (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  const below = (n: number): number => Math.floor(random() * n);
  const chance = (): boolean => random() < 0.5;

  const roles = createRoleTable();
  const users = createUserTable();
  const registry = createRegistry<InfoHash>();
  const access = createAccess({ roles });
  const gate = createGate({
    registry,
    access,
    users,
    userOf: (passkey) => Number(passkey),
    hexOf: infoHashToHex,
    isOpen: () => true,
    refusal: REFUSAL,
  });
  const torrents = new Map<InfoHash, RegisteredTorrent>();

  const changeRoles = (): void => {
    const actions = TYPES.flatMap((type) => [`${type}.find`, `${type}.findOne`]);
    const permissions = actions.flatMap((action) =>
      ROLES.filter(() => random() < 0.3).map(({ id }) => ({ action, roleId: id })),
    );
    roles.replace(chance() ? ROLES : ROLES.slice(1), permissions);
  };
  const changeUsers = (): void => {
    const rows = USERS.map((id) => ({
      id,
      roleId: chance() ? 2 : chance() ? 3 : null,
      blocked: random() < 0.1,
      confirmed: true,
    }));
    users.replace(rows, { confirmationRequired: false });
  };
  const changeTorrent = (): void => {
    const infoHash = hashNumber(below(TORRENTS));
    const exposures: Exposure[] = Array.from({ length: below(3) }, (_, i) => ({
      contentType: TYPES[below(2)]!,
      entryId: String(i),
      locale: null,
      published: chance(),
      roles: chance() ? [] : ['member'],
    }));
    const torrent: RegisteredTorrent = {
      state: random() < 0.1 ? 'replaced' : 'current',
      infoHash: infoHashToHex(infoHash),
      name: null,
      size: null,
      exposures,
    };
    torrents.set(infoHash, torrent);
    registry.set(infoHash, torrent);
  };

  changeRoles();
  changeUsers();
  let admitted = 0;
  for (let step = 0; step < 20_000; step += 1) {
    const dice = random();
    if (dice < 0.02) changeRoles();
    else if (dice < 0.04) changeUsers();
    else if (dice < 0.08) changeTorrent();
    const infoHash = hashNumber(below(TORRENTS));
    const owner = chance() ? PUBLIC_OWNER : USERS[below(USERS.length)]!;
    const torrent = torrents.get(infoHash);
    const reader = owner === PUBLIC_OWNER ? ({ kind: 'public' } as const) : users.readerOf(owner);
    const mayHave =
      torrent?.state === 'current' &&
      reader !== undefined &&
      access.judge(reader, torrent) === 'yes';
    const answer = gate.admit(infoHash, owner === PUBLIC_OWNER ? null : String(owner));
    if (answer >= 0 !== mayHave || (mayHave && answer !== owner)) {
      throw new Error(`step ${step}: ${answer} for owner ${owner}, who may: ${mayHave}`);
    }
    if (gate.mayStay(infoHash, owner) !== mayHave) throw new Error(`step ${step}: mayStay`);
    if (mayHave) admitted += 1;
  }
  expect(admitted).toBeGreaterThan(1000);
});
