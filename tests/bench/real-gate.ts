/** The plugin's own gate over the benchmark's torrents, each shown by one published entry. */
import {
  createAccess,
  createGate,
  createRegistry,
  createRoleTable,
  createUserTable,
} from '../../server/src/access';
import {
  REFUSAL,
  infoHashFromBytes,
  infoHashToHex,
  type Gate,
  type InfoHash,
} from '../../server/src/tracker';

const CONTENT_TYPE = 'api::release.release';
const PUBLIC_ROLE = 2;

export function createRealGate(infoHashes: Iterable<Buffer>): Gate {
  const roles = createRoleTable();
  roles.replace(
    [
      { id: 1, type: 'authenticated' },
      { id: PUBLIC_ROLE, type: 'public' },
    ],
    ['find', 'findOne'].map((name) => ({
      action: `${CONTENT_TYPE}.${name}`,
      roleId: PUBLIC_ROLE,
    })),
  );
  const registry = createRegistry<InfoHash>();
  for (const infoHash of infoHashes) {
    const hex = infoHash.toString('hex');
    const shown = { contentType: CONTENT_TYPE, entryId: hex, locale: null, published: true };
    registry.set(infoHashFromBytes(infoHash), {
      state: 'current',
      infoHash: hex,
      name: hex,
      size: 1,
      exposures: [{ ...shown, roles: [] }],
    });
  }
  return createGate({
    registry,
    access: createAccess({ roles }),
    users: createUserTable(),
    userOf: () => undefined,
    hexOf: infoHashToHex,
    isOpen: () => true,
    refusal: REFUSAL,
  });
}
