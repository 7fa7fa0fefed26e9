/** Every client that tests know how to drive. */
import { aria2 } from './aria2';
import type { Driver } from './driver';
import { libtorrent } from './libtorrent';
import { qbittorrent } from './qbittorrent';
import { rtorrent } from './rtorrent';
import { transmission } from './transmission';

export const DRIVERS = { aria2, transmission, libtorrent, qbittorrent, rtorrent } satisfies Record<
  string,
  Driver
>;

export type ClientName = keyof typeof DRIVERS;
export const CLIENTS = Object.keys(DRIVERS) as ClientName[];

/** These can be told of a peer without a tracker. */
export const TAKES_PEERS: readonly ClientName[] = ['libtorrent', 'qbittorrent', 'rtorrent'];
