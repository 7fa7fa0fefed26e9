/** Whether the bytes behind a torrent can be kept from those who may not have it. */

import type { Core } from '@strapi/strapi';
import type { MediaRow } from './field-instances';

export interface Storage {
  /** True when whoever knows the URL gets the bytes, whatever this plugin does. */
  isOpen(media: readonly Pick<MediaRow, 'provider'>[]): Promise<boolean>;
  /** The same where nobody has decided so: a public bucket, not a site that has switched the guard off. */
  isOpenUnasked(media: readonly Pick<MediaRow, 'provider'>[]): Promise<boolean>;
}

export function createStorage(strapi: Core.Strapi, { guarded }: { guarded: boolean }): Storage {
  async function isPrivateProvider(name: string): Promise<boolean> {
    const { provider, config } = strapi.plugin('upload') as unknown as {
      provider?: { isPrivate?: () => Promise<boolean> | boolean };
      config: (key: string) => unknown;
    };
    // Of a provider that was in use before nothing is known.
    return name === config('provider') && (await provider?.isPrivate?.()) === true;
  }

  async function isOpenUnasked(media: readonly Pick<MediaRow, 'provider'>[]): Promise<boolean> {
    for (const name of new Set(media.map(({ provider }) => provider))) {
      if (name !== 'local' && !(await isPrivateProvider(name))) return true;
    }
    return false;
  }

  return {
    isOpenUnasked,
    async isOpen(media) {
      const bare = !guarded && media.some(({ provider }) => provider === 'local');
      return bare || isOpenUnasked(media);
    },
  };
}
