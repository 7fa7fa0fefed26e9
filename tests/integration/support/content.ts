/** What tests do as editors and readers: upload, publish, grant, log in, wait. */

import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Core } from '@strapi/strapi';
import type { TorrentValue } from '../../../shared/torrent-value';

const ROLE = 'plugin::users-permissions.role';
const PERMISSION = 'plugin::users-permissions.permission';

export interface UploadedFile {
  id: number;
  documentId: string;
  name: string;
  hash: string;
  ext: string;
}

/** The name as an editor types it into the media library: the name of an upload may hold less. */
export async function upload(
  strapi: Core.Strapi,
  name: string,
  bytes: Buffer,
): Promise<UploadedFile> {
  return withTempFile(bytes, async (filepath) => {
    const [file] = await uploadService(strapi).upload({
      data: { fileInfo: { name } },
      files: {
        filepath,
        originalFilename: `upload${extname(name)}`,
        mimetype: 'application/octet-stream',
        size: bytes.length,
      },
    });
    if (file === undefined) throw new Error('nothing was uploaded');
    return file;
  });
}

/** As the media library's "replace media": other bytes under the same URL. */
export async function replace(
  strapi: Core.Strapi,
  id: number,
  name: string,
  bytes: Buffer,
): Promise<void> {
  await withTempFile(bytes, async (filepath) => {
    const file = {
      filepath,
      originalFilename: name,
      mimetype: 'application/octet-stream',
      size: bytes.length,
    };
    await uploadService(strapi).replace(id, { data: {}, file });
  });
}

export async function removeMedia(strapi: Core.Strapi, id: number): Promise<void> {
  const service = uploadService(strapi);
  const file = await service.findOne(id);
  if (file === null) throw new Error(`no file ${id}`);
  await service.remove(file);
}

interface UploadService {
  upload(input: { data: object; files: object }): Promise<UploadedFile[]>;
  replace(id: number, input: { data: object; file: object }): Promise<unknown>;
  findOne(id: number): Promise<object | null>;
  remove(file: object): Promise<unknown>;
  updateFileInfo(id: number, info: object): Promise<unknown>;
}

export function uploadService(strapi: Core.Strapi): UploadService {
  return strapi.plugin('upload').service('upload');
}

async function withTempFile<Result>(
  bytes: Buffer,
  work: (filepath: string) => Promise<Result>,
): Promise<Result> {
  const filepath = join(tmpdir(), `upload-${randomBytes(8).toString('hex')}`);
  await writeFile(filepath, bytes);
  try {
    return await work(filepath);
  } finally {
    await rm(filepath, { force: true });
  }
}

/** The document service, untyped: the fixture's types are known to no compiler. */
export interface Documents {
  create(params: object): Promise<Entry>;
  update(params: object): Promise<Entry>;
  findOne(params: object): Promise<Entry | null>;
  publish(params: object): Promise<unknown>;
  unpublish(params: object): Promise<unknown>;
  discardDraft(params: object): Promise<unknown>;
  delete(params: object): Promise<unknown>;
  clone(params: object): Promise<{ documentId: string; entries: Entry[] }>;
}

export type Entry = Record<string, unknown> & { id: number; documentId: string };

export function documents(strapi: Core.Strapi, name: string): Documents {
  return (strapi.documents as unknown as (uid: string) => Documents)(`api::${name}.${name}`);
}

export async function roleId(strapi: Core.Strapi, type: string): Promise<number> {
  const role = (await strapi.db.query(ROLE).findOne({ where: { type } })) as { id: number } | null;
  if (role !== null) return role.id;
  const data = { name: type, type, description: type };
  return ((await strapi.db.query(ROLE).create({ data })) as { id: number }).id;
}

/** Lets a role find and read entries of these types. */
export async function allow(strapi: Core.Strapi, role: string, ...names: string[]): Promise<void> {
  const id = await roleId(strapi, role);
  for (const action of names.flatMap((name) => actionsOf(name))) {
    await strapi.db.query(PERMISSION).create({ data: { action, role: id } });
  }
}

export async function forbid(strapi: Core.Strapi, role: string, ...names: string[]): Promise<void> {
  const id = await roleId(strapi, role);
  for (const action of names.flatMap((name) => actionsOf(name))) {
    await strapi.db.query(PERMISSION).delete({ where: { action, role: { id } } });
  }
}

function actionsOf(name: string): string[] {
  return [`api::${name}.${name}.find`, `api::${name}.${name}.findOne`];
}

export interface TestUser {
  id: number;
  /** `Authorization` header. */
  bearer: string;
}

export async function createUser(
  strapi: Core.Strapi,
  name: string,
  role: string,
): Promise<TestUser> {
  const users: { add(user: object): Promise<{ id: number }> } = strapi
    .plugin('users-permissions')
    .service('user');
  const { id } = await users.add({
    username: name,
    email: `${name}@example.com`,
    password: 'password',
    role: await roleId(strapi, role),
    provider: 'local',
    confirmed: true,
  });
  const jwt: { issue(payload: object): string | Promise<string> } = strapi
    .plugin('users-permissions')
    .service('jwt');
  return { id, bearer: `Bearer ${await jwt.issue({ id })}` };
}

/** Attempts that a machine with nothing else to do makes in a second, at least. */
const ATTEMPTS_A_SECOND = 10;
const ENOUGH_ATTEMPTS = 40;

/**
 * Tries again until it holds; the last error tells what did not. Where an attempt takes long because
 * the machine is busy, so does what is waited for: a number of attempts are made in any case.
 */
export async function eventually<Result>(
  attempt: () => Promise<Result> | Result,
  seconds = 15,
): Promise<Result> {
  const end = Date.now() + seconds * 1000;
  const enough = Math.min(seconds * ATTEMPTS_A_SECOND, ENOUGH_ATTEMPTS);
  for (let made = 1; ; made += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end && made >= enough) throw error;
      await sleep(25);
    }
  }
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

export async function get(url: string, bearer?: string): Promise<Answer> {
  const headers = bearer === undefined ? {} : { authorization: bearer };
  const response = await fetch(url, { headers });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

/** The field's value as the content API gives it, once it has this status. */
export async function readyTorrent(
  url: string,
  bearer?: string,
  status = 'ready',
  pick: (data: Record<string, unknown>) => unknown = ({ torrent }) => torrent,
): Promise<TorrentValue> {
  return eventually(async () => {
    const { body } = await get(url, bearer);
    const value = pick(body['data'] as Record<string, unknown>) as TorrentValue | null;
    if (value?.status === status) return value;
    throw new Error(`${url} gave ${JSON.stringify(body)}`);
  });
}
