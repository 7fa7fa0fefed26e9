import { Flex, Typography } from '@strapi/design-system';
import { Paperclip } from '@strapi/icons';
import { useField, useForm } from '@strapi/strapi/admin';

import { Note } from '../components/Note';
import { useTranslate } from '../messages';
import { attributeAt, siblingPath } from './attribute-path';
import { mediaNames } from './stored-value';
import type { useEditedEntry } from './use-edited-entry';

interface SourceLineProps {
  name: string;
  source: string;
  edited: ReturnType<typeof useEditedEntry>;
}

/** `__component` of a dynamic zone's item, read from the form. */
const componentUid = (values: object, path: string): string | undefined => {
  const item = path
    .split('.')
    .reduce<unknown>(
      (current, segment) =>
        typeof current === 'object' && current !== null
          ? (current as Record<string, unknown>)[segment]
          : undefined,
      values,
    );
  const uid =
    typeof item === 'object' && item !== null && '__component' in item
      ? item.__component
      : undefined;

  return typeof uid === 'string' ? uid : undefined;
};

/** Names the attribute the torrent is made from, and what it holds right now, saved or not. */
export const SourceLine = ({ name, source, edited }: SourceLineProps) => {
  const t = useTranslate();
  const path = siblingPath(name, source);
  const { value } = useField(path);
  const getValues = useForm('SourceLine', ({ getValues }) => getValues);
  const { schema, components } = edited;
  const isMedia =
    !schema ||
    attributeAt(schema, components, path, (at) => componentUid(getValues(), at))?.type === 'media';

  if (!isMedia) return <Note tone="warning">{t('bittorrent.source.invalid', { source })}</Note>;

  const names = mediaNames(value);

  return (
    <Flex gap={2} alignItems="flex-start">
      <Flex flex="0 0 auto" height="1.6rem">
        <Paperclip width="1.4rem" height="1.4rem" fill="neutral500" aria-hidden />
      </Flex>
      <Typography
        variant="pi"
        textColor="neutral600"
        minWidth={0}
        style={{ overflowWrap: 'anywhere' }}
      >
        {names.length === 0
          ? t('bittorrent.source.empty', { source })
          : t('bittorrent.source.files', { source, names: names.join(', ') })}
      </Typography>
    </Flex>
  );
};
