/** The torrent field in the edit view: what it is made from, and how its torrent is doing. */

import { forwardRef, useCallback, useId, useState } from 'react';
import type { ReactNode } from 'react';

import { Box, Field, Flex, Typography } from '@strapi/design-system';
import { useField } from '@strapi/strapi/admin';

import type { TorrentFieldOptions } from '../../../shared/field-options';
import { useTranslate } from '../messages';
import { parentPath } from './attribute-path';
import { PickedFiles } from './PickedFiles';
import { SourceLine } from './SourceLine';
import { readStoredValue, toConfirmedValue, toSeededValue, toStoredValue } from './stored-value';
import { TorrentState } from './TorrentState';
import { useEditedEntry } from './use-edited-entry';

interface TorrentInputProps {
  name: string;
  attribute: { options?: TorrentFieldOptions };
  label?: ReactNode;
  labelAction?: ReactNode;
  hint?: ReactNode;
  required?: boolean;
  disabled?: boolean;
}

/**
 * An entry edited in a dialog over another one (a relation) cannot be told from the URL, so its
 * torrent cannot be looked up; no hook of Strapi's says so, the page's structure does.
 */
const useInDialog = (): [inDialog: boolean, ref: (node: HTMLElement | null) => void] => {
  const [inDialog, setInDialog] = useState(false);
  const ref = useCallback((node: HTMLElement | null) => {
    if (node) setInDialog(node.closest('[role="dialog"]') !== null);
  }, []);

  return [inDialog, ref];
};

const TorrentInput = forwardRef<HTMLDivElement, TorrentInputProps>(
  ({ name, attribute, label, labelAction, hint, required = false, disabled = false }, ref) => {
    const t = useTranslate();
    const labelId = useId();
    const [inDialog, dialogRef] = useInDialog();
    const { value, error, onChange } = useField(name);
    const component = useField<{ id?: unknown } | null>(parentPath(name) ?? name).value;
    const edited = useEditedEntry();
    const stored = readStoredValue(value);
    const source = attribute.options?.source ?? '';

    // A component that was just added has no torrent of its own, whatever stood in its place.
    const isNewComponent = parentPath(name) !== null && component?.id == null;

    return (
      <Field.Root
        ref={ref}
        name={name}
        required={required}
        {...(error ? { error } : {})}
        {...(hint ? { hint } : {})}
      >
        <Flex gap={1} minHeight="2rem" ref={dialogRef}>
          <Typography id={labelId} variant="pi" fontWeight="bold" textColor="neutral800">
            {label}
          </Typography>
          {required && (
            <Typography textColor="danger600" lineHeight="0" aria-hidden>
              *
            </Typography>
          )}
          {labelAction}
        </Flex>
        <Box
          role="group"
          aria-labelledby={labelId}
          background="neutral0"
          borderColor={error ? 'danger600' : 'neutral200'}
          borderStyle="solid"
          borderWidth="1px"
          hasRadius
          overflow="hidden"
        >
          <Box padding={4}>
            {inDialog ? (
              <Typography variant="pi" textColor="neutral600">
                {t('bittorrent.field.in-dialog')}
              </Typography>
            ) : (
              <TorrentState
                entry={isNewComponent ? { kind: 'unsaved' } : edited.entry}
                path={name}
                source={source}
                stored={stored}
                disabled={disabled}
                onConfirm={() => onChange(name, toConfirmedValue(stored))}
                onSeed={(seed) => onChange(name, toSeededValue(stored, seed))}
              />
            )}
          </Box>
          <Box
            padding={4}
            borderColor="neutral200"
            borderStyle="solid none none"
            borderWidth="1px 0 0"
            background="neutral100"
          >
            {source ? (
              <SourceLine name={name} source={source} edited={edited} />
            ) : (
              <PickedFiles
                files={stored.files}
                disabled={disabled}
                onChange={(files) => onChange(name, toStoredValue(files, stored))}
              />
            )}
          </Box>
        </Box>
        <Field.Hint />
        <Field.Error />
      </Field.Root>
    );
  },
);
TorrentInput.displayName = 'TorrentInput';

export default TorrentInput;
