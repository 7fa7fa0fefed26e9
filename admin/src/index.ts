/** The plugin's half of the admin panel: what it adds, and where. */

import type { ComponentType } from 'react';

import type { StrapiApp } from '@strapi/strapi/admin';

import { READ_ACTION } from '../../shared/admin-api';
import { FIELD_NAME, PLUGIN_ID } from '../../shared/field-options';
import { registerBuilderInputs, torrentFieldOptions } from './builder/torrent-field-options';
import { TorrentFieldIcon, TorrentIcon } from './components/TorrentIcon';
import { MENU_LABEL, message } from './messages';
import { registerTorrentPanel } from './panel/TorrentPanel';

interface TranslationFile {
  default: Record<string, string>;
}

/** Locales this plugin speaks; every other one falls back to Strapi's own fallback, English. */
const TRANSLATIONS: Partial<Record<string, () => Promise<TranslationFile>>> = {
  en: () => import('./translations/en.json'),
  fr: () => import('./translations/fr.json'),
};

/** Strapi declares the input without the props that it gives to it. */
const loadTorrentInput = async () => {
  const { default: TorrentInput } = await import('./field/TorrentInput');

  return { default: TorrentInput as unknown as ComponentType };
};

const plugin = {
  register(app: StrapiApp) {
    app.registerPlugin({ id: PLUGIN_ID, name: PLUGIN_ID });

    app.addMenuLink({
      to: `plugins/${PLUGIN_ID}`,
      icon: TorrentIcon,
      intlLabel: MENU_LABEL,
      Component: () => import('./page/PluginPages'),
      permissions: [{ action: READ_ACTION, subject: null }],
    });

    app.customFields.register({
      name: FIELD_NAME,
      pluginId: PLUGIN_ID,
      type: 'json',
      icon: TorrentFieldIcon,
      intlLabel: message('bittorrent.field.label'),
      intlDescription: message('bittorrent.field.description'),
      components: { Input: loadTorrentInput },
      options: torrentFieldOptions,
    });
  },

  bootstrap(app: Pick<StrapiApp, 'getPlugin'>) {
    registerBuilderInputs(app);
    registerTorrentPanel(app);
  },

  async registerTrads({ locales }: { locales: string[] }) {
    return Promise.all(
      locales.map(async (locale) => ({
        locale,
        data: (await TRANSLATIONS[locale]?.())?.default ?? {},
      })),
    );
  },
};

export default plugin;
