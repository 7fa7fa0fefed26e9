/**
 * Many users announce (HTTP, UDP, WebSocket) and download while rights change at random. A model of
 * the rule is the oracle: a second after a right is lost, no answer names a peer to who lost it or
 * names him, and no byte is served to him.
 */

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TorrentValue } from '../../shared/torrent-value';
import { createUser, documents, get, readyTorrent, roleId, upload } from './support/content';
import {
  openBrowsers,
  openUdp,
  overHttp,
  type Announcer,
  type BrowserAnnouncer,
  type Introduction,
  type UdpAnnouncer,
} from './support/announcers';
import { freePort, startSite, type TestSite } from './support/strapi';

const USER = 'plugin::users-permissions.user';
const PERMISSION = 'plugin::users-permissions.permission';

const USERS = Number(process.env['FIRE_USERS'] ?? 200);
const SECONDS = Number(process.env['FIRE_SECONDS'] ?? 60);
const ALLOWED_MS = 1000;
/** Of the file whose transfers last for many seconds: beyond what sockets hold in flight. */
const LARGE_BYTES = 48 * 1024 ** 2;
/** What may still arrive of a transfer after it was cut: it lay in socket buffers. */
const IN_FLIGHT_BYTES = 16 * 1024 ** 2;
/** Between two announces of one user: together some 300 a second, in the process that answers them. */
const PAUSE_MS = USERS * 3;
const ROLES = ['gold', 'silver'] as const;
const TYPES = ['secret', 'article', 'page'] as const;
type Role = (typeof ROLES)[number];
type Type = (typeof TYPES)[number];

interface Member {
  index: number;
  id: number;
  bearer: string;
  role: Role;
  isBlocked: boolean;
  passkey: string;
  /** Until the new key is told, the old one may be dead or alive. */
  isRotating: boolean;
  /** Of `torrents[n]`; a token of a rotated passkey is dead. */
  tokens: string[];
}

interface Release {
  index: number;
  type: Type;
  documentId: string;
  torrent: TorrentValue;
  isPublished: boolean;
}

/** What the model knows of one user and one torrent. */
interface Right {
  isAllowed: boolean;
  /** When the change that brought it about was over. */
  since: number;
}

let site: TestSite;
let udp: UdpAnnouncer;
let browsers: BrowserAnnouncer;
/** Over which users announce, in turn. */
const announcers: { name: 'http' | 'udp' | 'webSocket'; announce: Announcer }[] = [];
const members: Member[] = [];
const releases: Release[] = [];
const granted = new Set<string>();
const rights: Right[][] = [];
const violations: string[] = [];
const seen = {
  changes: 0,
  ranges: 0,
  served: 0,
  cut: 0,
  http: { admitted: 0, refused: 0, named: 0 },
  udp: { admitted: 0, refused: 0, named: 0 },
  webSocket: { admitted: 0, refused: 0, named: 0 },
};

const now = (): number => performance.now();

function mayHave(member: Member, { type, isPublished }: Release): boolean {
  return !member.isBlocked && isPublished && granted.has(`${member.role} ${type}`);
}

/**
 * Applies a change to the model and to the site. A gain counts from before the change, a loss from
 * after it: in between, both answers are right.
 */
async function change(inModel: () => void, onSite: () => Promise<unknown>): Promise<void> {
  inModel();
  const changing: Right[] = [];
  const lost = new Set<Right>();
  for (const member of members) {
    for (const release of releases) {
      const right = rights[member.index]![release.index]!;
      const isAllowed = mayHave(member, release);
      if (isAllowed === right.isAllowed) continue;
      if (!isAllowed) lost.add(right);
      // Neither sure nor lost while it lasts.
      Object.assign(right, { isAllowed: true, since: Infinity });
      changing.push(right);
    }
  }
  await onSite();
  for (const right of changing) {
    Object.assign(right, { isAllowed: !lost.has(right), since: now() });
  }
  seen.changes += 1;
}

const isLost = ({ isAllowed, since }: Right, at: number): boolean =>
  !isAllowed && since + ALLOWED_MS <= at;
const isSure = ({ isAllowed, since }: Right, at: number): boolean =>
  isAllowed && since + ALLOWED_MS <= at;

function pick<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)]!;
}

const changes: (() => Promise<void>)[] = [
  async () => {
    const member = pick(members);
    const isBlocked = !member.isBlocked;
    await change(
      () => (member.isBlocked = isBlocked),
      () => setUser(member, { blocked: isBlocked }),
    );
  },
  async () => {
    const member = pick(members);
    const role = pick(ROLES);
    const id = await roleId(site.strapi, role);
    await change(
      () => (member.role = role),
      () => setUser(member, { role: id }),
    );
  },
  async () => {
    const [role, type] = [pick(ROLES), pick(TYPES)];
    const isOn = !granted.has(`${role} ${type}`);
    await change(
      () => setGranted(`${role} ${type}`, isOn),
      () => setPermission(role, type, isOn),
    );
  },
  async () => {
    const release = pick(releases);
    const isPublished = !release.isPublished;
    const { documentId, type } = release;
    const service = documents(site.strapi, type);
    await change(
      () => (release.isPublished = isPublished),
      () => (isPublished ? service.publish({ documentId }) : service.unpublish({ documentId })),
    );
  },
  rotate,
];

function setGranted(right: string, isOn: boolean): void {
  if (isOn) granted.add(right);
  else granted.delete(right);
}

async function setUser({ id }: Member, data: object): Promise<void> {
  await site.strapi.db.query(USER).update({ where: { id }, data });
}

async function setPermission(role: Role, type: Type, isOn: boolean): Promise<void> {
  const action = `api::${type}.${type}.findOne`;
  const id = await roleId(site.strapi, role);
  const query = site.strapi.db.query(PERMISSION);
  if (isOn) await query.create({ data: { action, role: id } });
  else await query.delete({ where: { action, role: { id } } });
}

/** The old key must be dead as soon as the answer is there; the right itself stays. */
async function rotate(): Promise<void> {
  const member = pick(members);
  const old = member.passkey;
  member.isRotating = true;
  const response = await fetch(`${site.url}/api/bittorrent/passkey/rotate`, {
    method: 'POST',
    headers: { authorization: member.bearer },
  });
  const { data } = (await response.json()) as { data: { passkey: string } | null };
  member.isRotating = false;
  if (response.status !== 200 || data === null) return; // blocked
  member.passkey = data.passkey;
  member.tokens = [];
  const release = pick(releases);
  const answer = await overHttp(site.url, release.torrent.infoHash!, peerOf(member, old));
  if (answer.isAdmitted) violations.push('a rotated passkey was admitted');
  seen.changes += 1;
}

/** The address tells whose peer it is. */
const peerOf = ({ index }: Member, passkey: string) => ({
  passkey,
  address: `10.1.${index >> 8}.${index & 0xff}`,
  port: 20_000 + index,
});

async function announceOnce(member: Member, turn: number): Promise<void> {
  const release = pick(releases);
  const { name, announce } = announcers[turn % announcers.length]!;
  const start = now();
  const { passkey } = member;
  const right = rights[member.index]![release.index]!;
  const wasSure = isSure(right, start) && !member.isRotating;
  const { isAdmitted, peers } = await announce(
    site.url,
    release.torrent.infoHash!,
    peerOf(member, passkey),
  );
  seen[name][isAdmitted ? 'admitted' : 'refused'] += 1;
  if (isAdmitted && isLost(right, start)) violations.push(`user ${member.index} was admitted`);
  const hasKey = member.passkey === passkey && !member.isRotating;
  const isStillSure = wasSure && isSure(right, start) && hasKey;
  if (!isAdmitted && isStillSure) violations.push(`user ${member.index} was refused (${name})`);
  for (const port of peers) {
    seen[name].named += 1;
    const named = rights[port - 20_000]![release.index]!;
    if (isLost(named, start)) violations.push(`user ${port - 20_000} was named (${name})`);
  }
}

/** Of two browsers neither may have lost his right before the other spoke. */
function introduced({ infoHash, port, toPort, start }: Introduction): void {
  seen.webSocket.named += 1;
  const { index } = releases.find(({ torrent }) => torrent.infoHash === infoHash)!;
  for (const user of [port - 20_000, toPort - 20_000]) {
    if (isLost(rights[user]![index]!, start)) violations.push(`user ${user} was introduced`);
  }
}

/** Reads slowly: what is cut while it runs must end, and not just be refused the next time. */
async function downloadSlowly(member: Member, end: number): Promise<void> {
  const [release] = releases as [Release];
  const right = rights[member.index]![release.index]!;
  const token = await tokenOf(member, release);
  if (token === '') return;
  const { infoHash, name } = release.torrent;
  const url = `${site.url}/webseed/${token}/${infoHash!}/${encodeURIComponent(name!)}`;
  let received = 0;
  let receivedWhenLost: number | null = null;
  try {
    const response = await fetch(url);
    if (response.status !== 200) {
      await response.arrayBuffer();
      return;
    }
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      received += chunk.length;
      if (!isLost(right, now())) receivedWhenLost = null;
      else receivedWhenLost ??= received;
      if (receivedWhenLost !== null && received - receivedWhenLost > IN_FLIGHT_BYTES) {
        violations.push(`user ${member.index} was served on`);
        return;
      }
      if (now() > end) return;
      await sleep(10);
    }
  } catch (error) {
    if ((error as Error).name !== 'TypeError') throw error;
    seen.cut += 1;
  }
}

async function downloadOnce(member: Member): Promise<void> {
  const release = pick(releases);
  const { infoHash, name } = release.torrent;
  const right = rights[member.index]![release.index]!;
  member.tokens[release.index] ??= await tokenOf(member, release);
  const token = member.tokens[release.index];
  if (token === undefined || token === '') {
    Reflect.deleteProperty(member.tokens, release.index);
    return;
  }
  const start = now();
  const url = `${site.url}/webseed/${token}/${infoHash!}/${encodeURIComponent(name!)}`;
  const served = await rangeOf(url);
  seen.ranges += 1;
  if (served === 0) return;
  seen.served += served;
  if (isLost(right, start)) violations.push(`user ${member.index} was served bytes`);
}

/** Bytes; 0 also for a transfer that was cut. */
async function rangeOf(url: string): Promise<number> {
  try {
    const response = await fetch(url, { headers: { range: 'bytes=0-4095' } });
    const bytes = await response.arrayBuffer();
    return response.status === 206 ? bytes.byteLength : 0;
  } catch (error) {
    // The connection was closed. By name: fetch's TypeError is not that of Jest's realm.
    if ((error as Error).name === 'TypeError') return 0;
    throw error;
  }
}

async function tokenOf({ bearer }: Member, { torrent }: Release): Promise<string> {
  const { body } = await get(`${site.url}/api/bittorrent/torrents/${torrent.infoHash!}`, bearer);
  const [url = ''] = (body['data'] as TorrentValue | null)?.webSeeds ?? [];
  return url.split('/webseed/')[1]?.split('/')[0] ?? '';
}

beforeAll(async () => {
  const port = await freePort();
  site = await startSite({
    config: { tracker: { trustedProxies: ['127.0.0.1'], udp: { port, host: '127.0.0.1' } } },
  });
  udp = await openUdp(port);
  browsers = openBrowsers(introduced);
  announcers.push(
    { name: 'http', announce: overHttp },
    { name: 'udp', announce: udp.announce },
    { name: 'webSocket', announce: browsers.announce },
  );
  for (const role of ROLES) {
    for (const type of TYPES) {
      await setPermission(role, type, true);
      granted.add(`${role} ${type}`);
    }
  }
  for (let index = 0; index < USERS; index += 1) {
    const role = ROLES[index % ROLES.length]!;
    const { id, bearer } = await createUser(site.strapi, `user${index}`, role);
    const { body } = await get(`${site.url}/api/bittorrent/passkey`, bearer);
    const { passkey } = body['data'] as { passkey: string };
    members.push({
      index,
      id,
      bearer,
      role,
      isBlocked: false,
      passkey,
      isRotating: false,
      tokens: [],
    });
  }
  for (let index = 0; index < 8; index += 1) releases.push(await makeRelease(index));
  for (const member of members) {
    const row = releases.map((one): Right => ({ isAllowed: mayHave(member, one), since: now() }));
    rights.push(row);
  }
}, 300_000);

afterAll(async () => {
  browsers.close();
  udp.close();
  await site.stop();
});

async function makeRelease(index: number): Promise<Release> {
  const type = TYPES[index % TYPES.length]!;
  const size = index === 0 ? LARGE_BYTES : 50_000;
  const media = await upload(site.strapi, `fire ${index}.iso`, randomBytes(size));
  const file = type === 'page' ? { hero: { download: { file: media.id } } } : { file: media.id };
  const { documentId } = await documents(site.strapi, type).create({
    data: { title: type, ...file },
    status: 'published',
  });
  const query = type === 'page' ? '?populate[hero][populate]=download' : '';
  const torrent = await readyTorrent(
    `${site.url}/api/${type}s/${documentId}${query}`,
    members[0]!.bearer,
    'ready',
    type === 'page'
      ? (data) => (data['hero'] as { download: { torrent: unknown } }).download.torrent
      : undefined,
  );
  return { index, type, documentId, torrent, isPublished: true };
}

test(
  'not one answer after the allowed second is of who has lost his right',
  async () => {
    const end = now() + SECONDS * 1000;
    const announcing = members.map(async (member) => {
      for (let turn = member.index; now() < end; turn += 1) {
        await announceOnce(member, turn);
        await sleep(PAUSE_MS * (0.5 + Math.random()));
      }
    });
    const downloading = members.slice(0, 10).map(async (member) => {
      while (now() < end) {
        await downloadOnce(member);
        await sleep(100 + Math.random() * 300);
      }
    });
    const downloadingSlowly = members.slice(10, 14).map(async (member) => {
      while (now() < end) {
        await downloadSlowly(member, end);
        await sleep(200);
      }
    });
    const changing = (async () => {
      while (now() < end) {
        await pick(changes)();
        await sleep(Math.random() * 150);
      }
    })();
    await Promise.all([...announcing, ...downloading, ...downloadingSlowly, changing]);
    expect(violations).toEqual([]);
    // It was no quiet minute in which nothing could have gone wrong.
    expect(seen.changes).toBeGreaterThan(30);
    expect(seen.served).toBeGreaterThan(100);
    expect(seen.cut).toBeGreaterThan(0);
    for (const { admitted, refused, named } of [seen.http, seen.udp, seen.webSocket]) {
      for (const count of [admitted, refused, named]) expect(count).toBeGreaterThan(100);
    }
  },
  (SECONDS + 120) * 1000,
);
