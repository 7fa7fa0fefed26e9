/** Who may: readers, roles, passkeys, tokens, and the one decision that every door asks. */

export { createAccess, type Access, type Exposure } from './decision';
export { createGate } from './gate';
export { createPasskeys, type PasskeyRow, type Passkeys, type PasskeyStore } from './passkeys';
export { createPermissionSync, type PermissionSync } from './permission-sync';
export { PUBLIC, readerFromAuth, type Reader } from './reader';
export { createRegistry, type RegisteredTorrent, type Registry } from './registry';
export { createRoleTable, type RoleTable } from './role-table';
export { createTicketHolders, ticketHolderFromAuth, type TicketHolders } from './ticket-holders';
export { createUploadTickets, type TicketHolder, type UploadTickets } from './upload-tickets';
export { createUserTable, type UserTable } from './user-table';
export { createWebSeedTokens, PUBLIC_TOKEN, type WebSeedTokens } from './web-seed-token';
