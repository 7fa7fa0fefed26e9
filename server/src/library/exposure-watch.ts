/**
 * Lets the private flag follow who may read a type. After each load of permissions, the flags that
 * fields should have are compared with those that were brought about last; entries are looked at only
 * where they differ. What was brought about is kept over restarts, so that a boot scans nothing.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Core } from '@strapi/strapi';
import type { Access } from '../access';
import type { Background } from './background';
import type { Catalog } from './catalog';
import { isPrivate } from './job-plan';
import type { Reconcile } from './reconcile';
import { retrying } from './retry';
import { allFields, type TorrentFields } from './torrent-fields';

export interface ExposureWatch {
  /** Permissions may have changed. Cheap when they did not. */
  check(): void;
  /** Call when torrents and permissions are in memory. */
  start(): Promise<void>;
  stop(): void;
}

export interface ExposureWatchDeps {
  strapi: Core.Strapi;
  access: Access;
  catalog: Catalog;
  fields: TorrentFields;
  reconcile: Reconcile;
  background: Background;
}

const STORE_KEY = 'exposures';

export function createExposureWatch(deps: ExposureWatchDeps): ExposureWatch {
  const { strapi, access, catalog, fields, background } = deps;
  const store = () => strapi.store({ type: 'plugin', name: 'bittorrent' });
  /** Content type to the flags its entries were brought in line with. */
  let settled: Record<string, string> = {};
  let state: 'stopped' | 'idle' | 'running' = 'stopped';

  function flagsOf(contentType: string): string {
    const tree = fields.treeOf(contentType);
    const flags = tree === null ? [] : allFields(tree);
    return JSON.stringify(
      flags.map((field) => [field.attribute, field.roles, isPrivate(field, contentType, access)]),
    );
  }

  function unsettled(): string | undefined {
    return fields.contentTypes().find((type) => settled[type] !== flagsOf(type));
  }

  async function settle(): Promise<void> {
    try {
      for (let type = unsettled(); type !== undefined && running(); type = unsettled()) {
        const flags = flagsOf(type);
        const done = await settleType(type, flags);
        // Changed once more meanwhile: the next round sees to it.
        if (!running() || flagsOf(type) !== flags) continue;
        settled = { ...settled, [type]: flags };
        // Not kept when an entry failed: the next start tries again.
        if (done) await retrying(() => store().set({ key: STORE_KEY, value: settled }));
      }
    } finally {
      if (running()) state = 'idle';
    }
  }

  /** False when an entry could not be followed. One entry after the other: editors come first. */
  async function settleType(contentType: string, flags: string): Promise<boolean> {
    let done = true;
    for (const entryId of entriesOf(contentType)) {
      if (!running() || flagsOf(contentType) !== flags) return false;
      try {
        await retrying(() => deps.reconcile(contentType, entryId));
      } catch (error) {
        done = false;
        strapi.log.error(`[bittorrent] the private flag of ${contentType} ${entryId}`, error);
      }
      await nextTurn();
    }
    return done;
  }

  function entriesOf(contentType: string): Set<string> {
    const entries = new Set<string>();
    for (const job of catalog.jobs()) {
      for (const placement of job.placements) {
        if (placement.contentType === contentType) entries.add(placement.entryId);
      }
    }
    return entries;
  }

  const running = (): boolean => state === 'running';

  function check(): void {
    if (state !== 'idle' || unsettled() === undefined) return;
    state = 'running';
    background.run('following permissions', settle);
  }

  return {
    check,
    async start() {
      settled = ((await store().get({ key: STORE_KEY })) ?? {}) as Record<string, string>;
      state = 'idle';
      check();
    },
    stop() {
      state = 'stopped';
    },
  };
}
