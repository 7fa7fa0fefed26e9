/** The files of a field that is not tied to a media attribute: chosen here, in order. */

import { useState } from 'react';
import type { ComponentType, ReactNode } from 'react';

import { Box, Button, Flex, IconButton, Typography } from '@strapi/design-system';
import { ArrowDown, ArrowUp, Cross, File, Plus } from '@strapi/icons';
import { useStrapiApp } from '@strapi/strapi/admin';

import { usePickedMediaQuery } from '../api';
import { useFormat } from '../components/use-format';
import { useTranslate } from '../messages';
import { moveItem } from './stored-value';

/** What Strapi's media library hands over; only what is used here. */
interface Asset {
  documentId?: string;
  name?: string;
}

interface MediaLibraryDialogProps {
  onClose: () => void;
  onSelectAssets: (assets: Asset[]) => void;
  multiple?: boolean;
}

interface RowProps {
  name: string;
  /** Bytes; `null` while unknown. */
  size: number | null;
  missing: boolean;
  children: ReactNode;
}

const PickedFile = ({ name, size, missing, children }: RowProps) => {
  const format = useFormat();

  return (
    <Flex tag="li" gap={2} paddingTop={1} paddingBottom={1} minHeight="3.6rem">
      <Box flex="0 0 auto" lineHeight={0}>
        <File
          width="1.6rem"
          height="1.6rem"
          fill={missing ? 'danger600' : 'neutral500'}
          aria-hidden
        />
      </Box>
      <Typography
        ellipsis
        flex="1 1 auto"
        minWidth={0}
        textColor={missing ? 'danger600' : 'neutral800'}
        title={name}
      >
        {name}
      </Typography>
      {size !== null && (
        <Typography variant="pi" textColor="neutral600" flex="0 0 auto">
          {format.bytes(size)}
        </Typography>
      )}
      {children}
    </Flex>
  );
};

interface PickedFilesProps {
  /** `documentId`s of the chosen media, in the torrent's order. */
  files: string[];
  disabled: boolean;
  onChange: (files: string[]) => void;
}

export const PickedFiles = ({ files, disabled, onChange }: PickedFilesProps) => {
  const t = useTranslate();
  const [isChoosing, setIsChoosing] = useState(false);
  const { latest, answer, failed } = usePickedMediaQuery(files);
  // Strapi registers its components without their props.
  const MediaLibraryDialog = useStrapiApp('PickedFiles', ({ components }) => components)[
    'media-library'
  ] as ComponentType<MediaLibraryDialogProps> | undefined;

  const add = (assets: Asset[]) => {
    const chosen = assets.flatMap(({ documentId }) => documentId ?? []);
    onChange([...new Set([...files, ...chosen])]);
    setIsChoosing(false);
  };

  return (
    <Flex direction="column" alignItems="stretch" gap={2} width="100%">
      {files.length > 0 && (
        <Box tag="ol" aria-label={t('bittorrent.picked.list')}>
          {files.map((id, index) => {
            const media = latest?.find(({ documentId }) => documentId === id);
            // Who may not see the media library is not told that its files are gone.
            const missing = !media && answer !== undefined;
            const name =
              media?.name ??
              (missing
                ? t('bittorrent.picked.missing')
                : failed
                  ? t('bittorrent.picked.unnamed', { number: index + 1 })
                  : '…');

            return (
              <PickedFile key={id} name={name} size={media?.size ?? null} missing={missing}>
                {!disabled && (
                  <Flex gap={1} flex="0 0 auto">
                    {files.length > 1 && (
                      <>
                        <IconButton
                          type="button"
                          size="XS"
                          variant="ghost"
                          label={t('bittorrent.picked.move-up', { name })}
                          disabled={index === 0}
                          onClick={() => onChange(moveItem(files, index, -1))}
                        >
                          <ArrowUp />
                        </IconButton>
                        <IconButton
                          type="button"
                          size="XS"
                          variant="ghost"
                          label={t('bittorrent.picked.move-down', { name })}
                          disabled={index === files.length - 1}
                          onClick={() => onChange(moveItem(files, index, 1))}
                        >
                          <ArrowDown />
                        </IconButton>
                      </>
                    )}
                    <IconButton
                      type="button"
                      size="XS"
                      variant="ghost"
                      label={t('bittorrent.picked.remove', { name })}
                      onClick={() => onChange(files.filter((file) => file !== id))}
                    >
                      <Cross />
                    </IconButton>
                  </Flex>
                )}
              </PickedFile>
            );
          })}
        </Box>
      )}
      {!disabled && MediaLibraryDialog && (
        <Box>
          <Button
            type="button"
            size="S"
            variant="secondary"
            startIcon={<Plus />}
            onClick={() => setIsChoosing(true)}
          >
            {t('bittorrent.picked.choose')}
          </Button>
        </Box>
      )}
      {isChoosing && MediaLibraryDialog && (
        <MediaLibraryDialog onClose={() => setIsChoosing(false)} onSelectAssets={add} multiple />
      )}
    </Flex>
  );
};
