/** Under which addresses readers reach the everseed, and whether they do. */

import { isIP } from 'node:net';
import type {
  AdminEverseedAddress,
  EverseedAddressOrigin,
  EverseedReach,
} from '../../../shared/admin-api';
import type { Config } from '../config';
import { parseAddress, REACH, reachOf, type Reach } from '../tracker';
import type { LearntAddresses } from './learnt-address';

export interface SeederAddress {
  address: string;
  origin: EverseedAddressOrigin;
}

export interface SeederAddresses {
  /** One per family at most; none where only a host name is known and nobody has told yet. */
  current(): SeederAddress[];
  /** Calls each of them, and remembers what became of it; those who come meanwhile get the same answer. */
  test(): Promise<void>;
  /** With the results of the last test. */
  report(): AdminEverseedAddress[];
}

export interface SeederAddressesDeps {
  config: Config;
  publicUrl: string;
  learnt: LearntAddresses;
  /** Whether the everseed answers there. */
  call: (address: string) => Promise<EverseedReach>;
}

export function createSeederAddresses(deps: SeederAddressesDeps): SeederAddresses {
  const fixed = fixedAddresses(deps.config, deps.publicUrl);
  const results = new Map<string, { reach: EverseedReach; testedAt: string }>();
  let testing: Promise<void> | null = null;

  function current(): SeederAddress[] {
    if (fixed.length > 0) return fixed;
    return ([4, 6] as const).flatMap((family) => {
      const address = deps.learnt.of(family);
      return address === null ? [] : [{ address, origin: 'learnt' as const }];
    });
  }

  async function testAll(): Promise<void> {
    const found = await Promise.all(
      current().map(async ({ address }) => [address, await deps.call(address)] as const),
    );
    results.clear();
    const testedAt = new Date().toISOString();
    for (const [address, reach] of found) results.set(address, { reach, testedAt });
  }

  return {
    current,
    test() {
      testing ??= testAll().finally(() => (testing = null));
      return testing;
    },
    report: () =>
      current().map(({ address, origin }) => {
        const { reach = null, testedAt = null } = results.get(address) ?? {};
        return { address, origin, reach, testedAt };
      }),
  };
}

/** As the configuration says, or as the URL of the site does where it holds an address. */
function fixedAddresses({ seeder }: Config, publicUrl: string): SeederAddress[] {
  if (seeder.publicAddress.length > 0) {
    return seeder.publicAddress.map((address) => ({ address, origin: 'config' }));
  }
  const { hostname } = new URL(publicUrl);
  const literal = hostname.replace(/^\[|\]$/g, '');
  const literals = literal === 'localhost' ? ['127.0.0.1', '::1'] : [literal];
  return literals
    .filter((address) => isIP(address) !== 0)
    .map((address) => ({ address, origin: 'public-url' }));
}

/** The nearest of them: a site in a private network calls private addresses, as its readers have. */
export function siteReach(addresses: readonly SeederAddress[]): Reach {
  const bytes = Buffer.alloc(16);
  let reach: Reach = REACH.public;
  for (const { address } of addresses) {
    const family = parseAddress(address, bytes);
    if (family === 0) continue;
    const of = reachOf(bytes, family);
    if (of > reach) reach = of;
  }
  return reach;
}
