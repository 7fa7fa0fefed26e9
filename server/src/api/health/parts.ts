/** The parts of the plugin that always exist. Listeners that are optional register themselves. */

import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Core } from '@strapi/strapi';
import type { Library } from '../../library';
import { atMostOften, type HealthPart, type PartState } from './health';

export type Stock = ReturnType<Library['stock']>;

const good = (text: string): PartState => ({ ok: true, text });
const bad = (text: string): PartState => ({ ok: false, text });

export function trackerPart(isOpen: () => boolean): HealthPart {
  return {
    name: 'tracker',
    state: () => (isOpen() ? good('is open') : bad('is not open: Strapi is starting or stopping')),
  };
}

/** Strapi's own port, where announces and scrapes are answered in front of everything else. */
export function serverPart(strapi: Core.Strapi): HealthPart {
  return {
    name: 'http',
    state: () =>
      strapi.server.httpServer.listening
        ? good('listens on Strapi’s port')
        : bad('does not listen'),
  };
}

export function databasePart(strapi: Core.Strapi, clock: () => number): HealthPart {
  const ask = async (): Promise<PartState> => {
    try {
      await strapi.db.connection.raw('select 1');
      return good('answers');
    } catch {
      return bad('does not answer');
    }
  };
  return { name: 'database', state: atMostOften(ask, clock) };
}

/** Where the media lie that torrents are made of and web seeds read. */
export function storagePart(strapi: Core.Strapi, clock: () => number): HealthPart {
  const look = async (): Promise<PartState> => {
    const provider = strapi.config.get<string>('plugin::upload.provider', 'local');
    // A provider has no way to be asked without reading a file of the site, and may cost money.
    if (provider !== 'local') return good('is remote, and not asked');
    try {
      await access(join(strapi.dirs.static.public, 'uploads'), constants.R_OK);
      return good('can be read');
    } catch {
      return bad('cannot be read');
    }
  };
  return { name: 'storage', state: atMostOften(look, clock) };
}

/** A worker may be reading terabytes: only one whose progress stands still is stuck. */
const STUCK_AFTER_MS = 10 * 60_000;

/** Sees that work stands still only as often as it is asked. */
export function queuePart(stock: () => Stock, clock: () => number): HealthPart {
  let seen = '';
  let since = clock();
  return {
    name: 'hash queue',
    state() {
      const { jobs, progress, faults } = stock();
      const waiting = jobs.queued + jobs.hashing;
      const now = `${jobs.queued} ${jobs.hashing} ${jobs.ready} ${progress}`;
      if (now !== seen) {
        seen = now;
        since = clock();
      }
      if (waiting > 0 && clock() - since > STUCK_AFTER_MS) {
        return bad(`stands still with ${waiting} waiting`);
      }
      if (faults > 0) return bad(`${faults} failed by a fault of the plugin: see Strapi’s log`);
      return good(waiting === 0 ? 'is empty' : `works, ${waiting} waiting`);
    },
  };
}

/** Something to mend that does not stop anybody: it keeps nobody from being served. */
export function warningPart(name: string, texts: () => readonly string[]): HealthPart {
  return {
    name,
    state() {
      const found = texts();
      return good(found.length === 0 ? 'as they should be' : `warning: ${found.join(' ')}`);
    },
  };
}
