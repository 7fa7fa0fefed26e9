/** The torrent field's options in the Content-Type Builder. */

import type { ComponentType } from 'react';

import type { StrapiApp } from '@strapi/strapi/admin';

import { PLUGIN_ID } from '../../../shared/field-options';
import type { PrivateMode, TorrentFormat } from '../../../shared/field-options';
import { message } from '../messages';
import type { MessageKey } from '../messages';
import { DefaultOnOption } from './DefaultOnOption';
import { RolesOption } from './RolesOption';
import { createSourceCheck } from './source-check';
import { createSourceOption } from './SourceOption';
import { createSourceValidator, SOURCE_OPTION } from './source-validator';

type CustomFieldOptions = NonNullable<
  Extract<Parameters<StrapiApp['customFields']['register']>[0], { name: string }>['options']
>;

const SOURCE_INPUT = `${PLUGIN_ID}-source`;
const ROLES_INPUT = `${PLUGIN_ID}-roles`;
const DEFAULT_ON_INPUT = `${PLUGIN_ID}-default-on`;

const sourceCheck = createSourceCheck();

const choice = <T extends string>(value: T, label: MessageKey) => ({
  key: value,
  value,
  metadatas: { intlLabel: message(label) },
});

const FORMATS = [choice<TorrentFormat>('v1', 'bittorrent.options.format.v1')];

const PRIVATE_MODES = [
  choice<PrivateMode>('auto', 'bittorrent.options.private.auto'),
  choice<PrivateMode>('always', 'bittorrent.options.private.always'),
  choice<PrivateMode>('never', 'bittorrent.options.private.never'),
];

const options = {
  base: [
    {
      sectionTitle: null,
      items: [
        {
          name: SOURCE_OPTION,
          type: SOURCE_INPUT,
          intlLabel: message('bittorrent.options.source.label'),
          description: message('bittorrent.options.source.description'),
          size: 12,
        },
      ],
    },
  ],
  advanced: [
    {
      sectionTitle: message('bittorrent.options.section'),
      items: [
        {
          name: 'options.format',
          type: 'select',
          intlLabel: message('bittorrent.options.format.label'),
          description: message('bittorrent.options.format.description'),
          defaultValue: 'v1',
          // Shown where a schema written by hand leaves the option out.
          placeholder: message('bittorrent.options.format.v1'),
          options: FORMATS,
          size: 12,
        },
        {
          name: 'options.private',
          type: 'select',
          intlLabel: message('bittorrent.options.private.label'),
          description: message('bittorrent.options.private.description'),
          defaultValue: 'auto',
          placeholder: message('bittorrent.options.private.auto'),
          options: PRIVATE_MODES,
          size: 12,
        },
        {
          name: 'options.webSeed',
          type: DEFAULT_ON_INPUT,
          intlLabel: message('bittorrent.options.web-seed.label'),
          description: message('bittorrent.options.web-seed.description'),
          defaultValue: true,
          size: 12,
        },
        {
          name: 'options.seed',
          type: DEFAULT_ON_INPUT,
          intlLabel: message('bittorrent.options.seed.label'),
          description: message('bittorrent.options.seed.description'),
          defaultValue: true,
          size: 12,
        },
        {
          name: 'options.roles',
          type: ROLES_INPUT,
          intlLabel: message('bittorrent.options.roles.label'),
          description: message('bittorrent.options.roles.description'),
          size: 12,
        },
      ],
    },
  ],
  validator: createSourceValidator(sourceCheck),
};

/**
 * Strapi's types know neither the `options.` names that its own check demands, nor selects'
 * choices, nor inputs of plugins.
 */
export const torrentFieldOptions = options as unknown as CustomFieldOptions;

interface BuilderApis {
  forms: {
    components: {
      add: <T>(input: { id: string; component: ComponentType<T> }) => void;
    };
  };
}

/** The Content-Type Builder is a plugin like others: a site can be without it. */
export const registerBuilderInputs = (app: Pick<StrapiApp, 'getPlugin'>) => {
  const builder = app.getPlugin('content-type-builder') as unknown as
    { apis: BuilderApis } | undefined;
  if (!builder) return;
  const inputs = builder.apis.forms.components;
  inputs.add({ id: SOURCE_INPUT, component: createSourceOption(sourceCheck) });
  inputs.add({ id: DEFAULT_ON_INPUT, component: DefaultOnOption });
  inputs.add({ id: ROLES_INPUT, component: RolesOption });
};
