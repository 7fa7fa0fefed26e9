/** The runtime's access half: roles, users, keys, the gate, and what follows when a right is lost. */

import type { Core } from '@strapi/strapi';
import {
  createAccess,
  createDryRuns,
  createGate,
  createPasskeys,
  createPermissionSync,
  createRegistry,
  createRevocation,
  createRoleTable,
  createSiteRules,
  createTorrentTokens,
  createTransfers,
  createUserTable,
  PUBLIC_OWNER,
  siteRule,
  strictRule,
  type AllowRule,
  type PasskeyStore,
  type Reader,
  type RegisteredTorrent,
  type RevocableSwarms,
  type SiteRules,
  type SiteRulesDeps,
  type Subject,
  type WithdrawalStore,
} from './access';
import type { Tables } from './library';
import { infoHashFromHex, infoHashToHex, REFUSAL, type InfoHash } from './tracker';

export interface AccessPartsDeps {
  strapi: Core.Strapi;
  tables: Tables;
  /** Rules of the site's own. */
  siteRules: { allow?: AllowRule | undefined; strict: boolean };
  publicUrl: string;
  /** Made after the gate, which is a part of this. */
  swarms: () => RevocableSwarms<InfoHash>;
  afterCommit: (work: () => Promise<void>) => void;
  onOwnChange: () => void;
  /** Roles or users are different now. */
  onPermissions: () => void;
}

export type AccessParts = ReturnType<typeof createAccessParts>;

export function createAccessParts(deps: AccessPartsDeps) {
  const { strapi, tables, afterCommit, onOwnChange } = deps;
  const secrets = strapi.config.get<string[]>('server.app.keys', []);
  const clock = (): number => performance.now();
  const open = { value: false };
  const roles = createRoleTable();
  const users = createUserTable();
  const registry = createRegistry<InfoHash>();
  const transfers = createTransfers<InfoHash>();
  const rules = siteRulesOf(deps, {
    clock,
    onFault: (error) => strapi.log.error('[bittorrent] a rule of the site refuses', error),
    onLost: (reader, subject) => dropReader(reader, subject),
    mustNotWait: () => strapi.db.inTransaction(),
  });
  const access = createAccess({ roles, rules });
  const passkeys = createPasskeys({
    store: passkeyStore(strapi, tables),
    secret: secrets[0] ?? '',
    async onIssue() {
      await sync.load();
      onOwnChange();
    },
    onWithdrawn: (userId) => revocation.keyWithdrawn(userId, null),
  });
  const tokens = createTorrentTokens({
    secrets,
    store: withdrawalStore(strapi, tables, onOwnChange),
    passkeyHashOf: (userId) => passkeys.hashOf(userId),
    onWithdrawn(userId, infoHash) {
      const key = infoHashFromHex(infoHash);
      if (key !== null) revocation.keyWithdrawn(userId, key);
    },
  });
  const sync = createPermissionSync({
    strapi,
    roles,
    users,
    userIds: () => passkeys.userIds(),
    isUser: (userId) => passkeys.holds(userId),
    isNeeded: () => registry.size > 0,
    afterCommit,
    onNews() {
      rules?.expire();
      revocation.rightsChanged();
      deps.onPermissions();
    },
    onOwnChange,
  });
  const gate = createGate({
    registry,
    access,
    users,
    userOf: (passkey, infoHash) => passkeys.userOf(passkey) ?? tokens.userOf(passkey, infoHash),
    hexOf: infoHashToHex,
    isOpen: () => open.value,
    refusal: REFUSAL,
  });
  const revocation = createRevocation<InfoHash>({
    swarms: {
      forEachSwarm: (visit) => deps.swarms().forEachSwarm(visit),
      dropOwnersWhere: (infoHash, hasLost) => deps.swarms().dropOwnersWhere(infoHash, hasLost),
      dropOwner: (owner) => deps.swarms().dropOwner(owner),
    },
    transfers,
    mayStay: (infoHash, owner) => gate.mayStay(infoHash, owner),
    clock,
    onFault: (error) => strapi.log.error('[bittorrent] taking back a lost right', error),
  });

  /** A rule of the site's own has changed its mind. */
  function dropReader(reader: Reader, { infoHash }: Subject): void {
    const key = infoHash === null ? null : infoHashFromHex(infoHash);
    if (key === null || reader.kind === 'api-token') return;
    const owner = reader.kind === 'user' ? reader.userId : PUBLIC_OWNER;
    if (!gate.mayStay(key, owner)) revocation.keyWithdrawn(owner, key);
  }

  return {
    access,
    gate,
    revocation,
    setTorrent(infoHash: InfoHash, torrent: RegisteredTorrent): void {
      registry.set(infoHash, torrent);
      rules?.expire();
      revocation.torrentChanged(infoHash);
    },
    transfers,
    users,
    passkeys,
    tokens,
    open,
    async load(): Promise<void> {
      await passkeys.load();
      await tokens.load();
      await sync.load();
    },
    /** Takes in what other processes have changed. */
    async refresh(): Promise<void> {
      await passkeys.load();
      await tokens.load();
      await sync.load();
      rules?.expire();
    },
    start(): void {
      sync.start();
      // Peers of a snapshot came in before the rules could be asked about them.
      if (rules !== undefined) {
        strapi.server.httpServer.once('listening', () => revocation.rightsChanged());
      }
    },
    stop(): void {
      sync.stop();
      revocation.stop();
    },
  };
}

function siteRulesOf(
  { strapi, siteRules: { allow, strict }, publicUrl }: AccessPartsDeps,
  deps: Omit<SiteRulesDeps, 'rules'>,
): SiteRules | undefined {
  const own = allow === undefined ? [] : [siteRule(allow)];
  if (!strict) return own.length === 0 ? undefined : createSiteRules({ ...deps, rules: own });
  const dryRuns = createDryRuns(strapi, publicUrl);
  const rules = [...own, strictRule(strapi, dryRuns)];
  return createSiteRules({ ...deps, rules, isReady: () => dryRuns.isReady() });
}

function passkeyStore(strapi: Core.Strapi, { passkeys }: Tables): PasskeyStore {
  return {
    find: (userId) => passkeys.findOne({ where: { userId } }),
    findAll: () => passkeys.findMany({}),
    async save(row) {
      await strapi.db.transaction(async () => {
        await passkeys.delete({ userId: row.userId });
        await passkeys.create(row);
      });
    },
  };
}

function withdrawalStore(
  strapi: Core.Strapi,
  { withdrawals }: Tables,
  onSaved: () => void,
): WithdrawalStore {
  return {
    findAll: () => withdrawals.findMany({}),
    async save(row) {
      const { userId, infoHash } = row;
      await strapi.db.transaction(async () => {
        await withdrawals.delete({ userId, infoHash });
        await withdrawals.create(row);
      });
      onSaved();
    },
  };
}
