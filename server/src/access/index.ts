/** Who may: readers, roles, passkeys, tokens, and the one decision that every door asks. */

export { adminMayRead, type AdminAbility, type AdminEntry } from './admin-right';
export { createAccess, type Access, type Exposure, type Subject } from './decision';
export { createDryRuns, isDryRun } from './dry-run';
export { createGate, PUBLIC_OWNER } from './gate';
export { createPasskeys, type PasskeyRow, type Passkeys, type PasskeyStore } from './passkeys';
export { createPermissionSync, type PermissionSync } from './permission-sync';
export { PUBLIC, readerFromAuth, type Reader } from './reader';
export { createRegistry, type RegisteredTorrent, type Registry } from './registry';
export { createRevocation, type RevocableSwarms, type Revocation } from './revocation';
export { createRoleTable, type RoleTable } from './role-table';
export {
  createSiteRules,
  siteRule,
  type AllowRule,
  type SiteRule,
  type SiteRules,
  type SiteRulesDeps,
  type Verdict,
} from './site-rules';
export { strictRule } from './strict-rule';
export {
  createTorrentTokens,
  PUBLIC_TOKEN,
  type TorrentTokens,
  type Withdrawal,
  type WithdrawalStore,
} from './torrent-tokens';
export { createTransfers, type Transfer, type Transfers } from './transfers';
export { createTicketHolders, ticketHolderFromAuth, type TicketHolders } from './ticket-holders';
export { createUploadTickets, type TicketHolder, type UploadTickets } from './upload-tickets';
export { createUserTable, type UserTable } from './user-table';
