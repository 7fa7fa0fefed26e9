/** The plugin's own gate over the benchmark's torrents, each shown by one published entry. */
import {
  createAccess,
  createGate,
  createRegistry,
  createRoleTable,
  createUserTable,
} from '../../server/src/access';
import { REFUSAL, infoHashFromBytes, type Gate, type InfoHash } from '../../server/src/tracker';

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
    registry.set(infoHashFromBytes(infoHash), {
      state: 'current',
      exposures: [{ contentType: CONTENT_TYPE, published: true, roles: [] }],
    });
  }
  return createGate({
    registry,
    access: createAccess({ roles }),
    users: createUserTable(),
    userOf: () => undefined,
    publicRoleId: () => roles.publicRoleId,
    isOpen: () => true,
    refusal: REFUSAL,
  });
}
