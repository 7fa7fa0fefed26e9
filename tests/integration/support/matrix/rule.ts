/**
 * What each reader is expected to get at each door: the words of the rule, sharing no code with
 * what they judge.
 */

import type { Action, Grants, ReaderCase } from './readers';

/** One place of a torrent: what the rule's words speak of. */
export interface Place {
  type: string;
  isPublished: boolean;
  /** The field's own roles. */
  only?: readonly string[];
  /** With `access.strict`: what the site's own code on the entry's route goes by. */
  site?: SiteWords;
}

export interface SiteWords {
  /** Whose route has the site's code: `find` where it is a single type. */
  action: Action;
  /** The route's policy lets in whom this names. */
  guests: readonly string[];
  /** The route's middleware lets nobody in. */
  embargo?: boolean;
}

export const DOORS = [
  'torrentFile',
  'details',
  'list',
  'rest',
  'graphql',
  'announce',
  'scrape',
  'webSeed',
] as const;
export type Door = (typeof DOORS)[number];

export interface Rule {
  /** `null`: this reader has no way to knock at this door. */
  expected(reader: ReaderCase, places: readonly Place[], door: Door): boolean | null;
  /** Whether Public may have it, and with it everybody the bare upload. */
  isPublic(places: readonly Place[]): boolean;
}

export function ruleOf(grants: Grants): Rule {
  const roleOf = ({ kind, role }: ReaderCase) => (kind === 'public' ? 'public' : (role ?? ''));

  function holds(reader: ReaderCase, type: string, action: Action): boolean {
    if (reader.token === undefined) {
      return (grants[roleOf(reader)]?.[type] ?? []).includes(action);
    }
    const { type: kind, actions = [] } = reader.token;
    return kind !== 'custom' || actions.includes(`api::${type}.${type}.${action}`);
  }

  const mayReadType = (reader: ReaderCase, type: string) =>
    reader.isOut !== true && (holds(reader, type, 'find') || holds(reader, type, 'findOne'));

  /** A rule on the route of one entry does not concern who reads lists alone. */
  function siteLetsIn(reader: ReaderCase, { type, site }: Place): boolean {
    if (site === undefined) return true;
    if (!holds(reader, type, site.action)) return site.action === 'findOne';
    return site.guests.includes(reader.name) && site.embargo !== true;
  }

  /** The rule in words: published there, the type readable, and not narrowed away. */
  function mayHaveAt(reader: ReaderCase, at: Place): boolean {
    const { type, isPublished, only = [] } = at;
    if (!isPublished || !mayReadType(reader, type)) return false;
    const isNarrowedAway =
      reader.token === undefined
        ? !only.includes(roleOf(reader))
        : reader.token.type !== 'full-access';
    if (only.length > 0 && isNarrowedAway) return false;
    return siteLetsIn(reader, at);
  }

  const mayHave = (reader: ReaderCase, places: readonly Place[]) =>
    places.some((one) => mayHaveAt(reader, one));

  /** Strapi itself shows the entry: its route asks the site, its lists and GraphQL do not. */
  function isEntryShown(reader: ReaderCase, own: Place, door: 'rest' | 'graphql'): boolean {
    if (!own.isPublished || !mayReadType(reader, own.type)) return false;
    if (door === 'graphql' || siteLetsIn(reader, own)) return true;
    return own.site?.action === 'findOne' && holds(reader, own.type, 'find');
  }

  return {
    expected(reader, places, door) {
      const has = mayHave(reader, places);
      const isPeer = door === 'announce' || door === 'scrape' || door === 'webSeed';
      if (isPeer) return reader.kind === 'token' ? null : has;
      if (door !== 'rest' && door !== 'graphql') return has;
      const [own] = places;
      return own !== undefined && isEntryShown(reader, own, door) && has;
    },
    isPublic: (places) => mayHave({ name: 'anonymous', kind: 'public' }, places),
  };
}
