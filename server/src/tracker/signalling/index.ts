/** WebTorrent signalling, pure: swarms of connections, their offers and answers. */
export {
  createSignalling,
  type Newcomer,
  type Signalling,
  type SignallingTotals,
} from './signalling';
export type { SignallingDeps, SignallingDrop, SignallingTally } from './deps';
export { SIGNALLING_DEFAULTS, type SignallingConfig } from './config';
export type { CloseReason, SignallingPeer, Wire } from './peer';
export { createUpgradeUrl, type UpgradeUrl } from './upgrade-url';
