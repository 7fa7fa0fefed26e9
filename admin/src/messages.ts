/** Typed access to the translations: a key that does not exist in en.json does not compile. */

import { useCallback } from 'react';

import { useIntl } from 'react-intl';
import type { MessageDescriptor, PrimitiveType } from 'react-intl';

import type en from './translations/en.json';

export type MessageKey = keyof typeof en;

/** For the places where Strapi translates by itself (menu links, field options). */
export const message = (id: MessageKey): MessageDescriptor & { id: MessageKey } => ({ id });

/** Menu links are refused without their own default. */
export const MENU_LABEL = { ...message('bittorrent.menu.label'), defaultMessage: 'Torrents' };

export type Translate = (id: MessageKey, values?: Record<string, PrimitiveType>) => string;

export const useTranslate = (): Translate => {
  const intl = useIntl();

  return useCallback((id, values) => intl.formatMessage({ id }, values), [intl]);
};
