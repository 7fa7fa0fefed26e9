/** The door of bare uploads: which files it guards, who gets a signed URL, and whom that lets in. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reader, TicketHolder, TicketHolders, UploadTickets } from '../access';
import type { UploadAnswer } from '../seeding';
import type { Job } from './catalog';
import type { UploadIndex, UploadMatch } from './upload-index';

export interface UploadDoor {
  /** @param path `uploads/<name>`, decoded; `query` raw */
  resolve(path: string, query: string): UploadAnswer | Promise<UploadAnswer>;
  /** True while no local file backs a torrent. */
  readonly isIdle: boolean;
  /** @param path `uploads/<name>` as Strapi writes it */
  isProtected(path: string): boolean;
  /** URL for this reader, or `null` where the bare one will do or he may not have the file. */
  signedUrl(path: string, holder: TicketHolder): Promise<string | null>;
}

export interface UploadDoorDeps {
  enabled: boolean;
  index: UploadIndex;
  tickets: UploadTickets;
  holders: TicketHolders;
  /** The one decision, also before there is an info-hash. */
  mayRead: (reader: Reader, job: Job) => boolean | Promise<boolean>;
  /** Absolute. */
  publicDir: string;
}

const OPEN: UploadAnswer = { kind: 'open' };
const REFUSED: UploadAnswer = {
  kind: 'refused',
  status: 403,
  message: 'This file is protected. Ask for its entry to get a URL that opens it for you.',
};

export function createUploadDoor(deps: UploadDoorDeps): UploadDoor {
  const { index, tickets, holders, publicDir } = deps;

  async function holderMay(holder: TicketHolder, mediaIds: readonly string[]): Promise<boolean> {
    if (holder.kind === 'admin') {
      return holders.adminMaySee(holder.id, index.contentTypesOf(mediaIds));
    }
    const reader = await holders.readerOf(holder);
    if (reader === null) return false;
    for (const job of index.jobsOf(mediaIds)) {
      if (await deps.mayRead(reader, job)) return true;
    }
    return false;
  }

  async function answer({ path, mediaIds }: UploadMatch, query: string): Promise<UploadAnswer> {
    const holder = query === '' ? null : tickets.verify(path, query);
    if (holder === null || !(await holderMay(holder, mediaIds))) return REFUSED;
    return {
      kind: 'admitted',
      filename: join(publicDir, path),
      mayStay: async () => !index.isProtected(mediaIds) || (await holderMay(holder, mediaIds)),
    };
  }

  /** On a file system that folds case, another spelling opens the same file. */
  async function answerAlike(path: string, alike: readonly UploadMatch[]): Promise<UploadAnswer> {
    const spellings = alike.flatMap(({ path: known, extension }) =>
      [path, `${path}${extension}`].map((spelling) => isSameFile(publicDir, spelling, known)),
    );
    return (await Promise.all(spellings)).includes(true) ? REFUSED : OPEN;
  }

  const protects = (mediaIds: readonly string[]): boolean =>
    deps.enabled && index.isProtected(mediaIds);

  return {
    resolve(path, query) {
      const closed = index.find(path).filter(({ mediaIds }) => protects(mediaIds));
      if (closed.length === 0) return OPEN;
      const exact = closed.find((match) => match.exact);
      if (exact === undefined) return answerAlike(path, closed);
      return answer(exact, query);
    },
    get isIdle() {
      return !deps.enabled || index.size === 0;
    },
    isProtected: (path) =>
      index.find(path).some((found) => found.path === path && protects(found.mediaIds)),
    async signedUrl(path, holder) {
      const match = index.find(path).find((found) => found.path === path);
      if (match === undefined || !protects(match.mediaIds)) return null;
      if (!(await holderMay(holder, match.mediaIds))) return null;
      const spelled = path.split('/').map(encodeURIComponent).join('/');
      return `/${spelled}?${tickets.issue(path, holder)}`;
    },
  };
}

async function isSameFile(publicDir: string, one: string, other: string): Promise<boolean> {
  try {
    const [a, b] = await Promise.all([stat(join(publicDir, one)), stat(join(publicDir, other))]);
    return a.ino === b.ino && a.dev === b.dev;
  } catch {
    return false; // no such file: Strapi will say so
  }
}
