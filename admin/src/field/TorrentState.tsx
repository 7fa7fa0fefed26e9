import type { ReactNode } from 'react';

import { Flex, Typography, VisuallyHidden } from '@strapi/design-system';
import { useField } from '@strapi/strapi/admin';

import type { AdminFieldState } from '../../../shared/admin-api';
import { Note } from '../components/Note';
import { StatusTag } from '../components/StatusTag';
import { useTranslate } from '../messages';
import { siblingPath } from './attribute-path';
import { EverseedSwitch } from './EverseedSwitch';
import { FailedTorrent } from './FailedTorrent';
import { HeldTorrent, ProtectionNote } from './Protection';
import { HashingProgress } from './HashingProgress';
import { ReadyTorrent, TorrentFacts } from './ReadyTorrent';
import { mediaIdentity, readStoredValue } from './stored-value';
import type { FormValue } from './stored-value';
import type { EditedEntry, SavedEntry } from './use-edited-entry';
import { useFieldStates } from './use-field-states';

interface TorrentStateProps {
  entry: EditedEntry;
  /** The field's place in the form. */
  path: string;
  source: string;
  stored: FormValue;
  disabled: boolean;
  /** The editor wants the torrent although its files cannot be protected. */
  onConfirm: () => void;
  /** The editor switches the everseed on or off for it. */
  onSeed: (on: boolean) => void;
}

/**
 * The server names fields by their place in the saved entry. Components can have been moved since,
 * so the job that is stored in the field counts first.
 */
const findField = (
  fields: AdminFieldState[],
  path: string,
  job: string | undefined,
): AdminFieldState | undefined =>
  fields.find(({ key }) => key === job) ?? fields.find((field) => field.path === path);

/** The files in the form: whether there are any, and whether they are other than the saved ones. */
const useFiles = (path: string, source: string): { any: boolean; edited: boolean } => {
  const field = useField(source ? siblingPath(path, source) : path);
  const identify = source
    ? mediaIdentity
    : (value: unknown) => readStoredValue(value).files.join(',');
  const files = identify(field.value);

  return { any: files !== '', edited: files !== identify(field.initialValue) };
};

const Message = ({ children }: { children: ReactNode }) => (
  <Typography variant="pi" textColor="neutral600">
    {children}
  </Typography>
);

interface KnownFieldProps extends Pick<
  TorrentStateProps,
  'stored' | 'disabled' | 'onConfirm' | 'onSeed'
> {
  field: AdminFieldState;
  entry: SavedEntry;
}

const KnownField = ({ field, entry, stored, disabled, onConfirm, onSeed }: KnownFieldProps) => {
  const t = useTranslate();
  const { status, error, media } = field;
  const name = field.name ?? media.map((file) => file.name).join(', ');

  return (
    <Flex direction="column" alignItems="stretch" gap={4}>
      <Flex direction="column" alignItems="stretch" gap={1}>
        <Flex gap={2} justifyContent="space-between">
          <Typography fontWeight="bold" textColor="neutral800" ellipsis minWidth={0} title={name}>
            {name}
          </Typography>
          <StatusTag status={status} problem={error} />
        </Flex>
        {(status === 'ready' || status === 'stale') && <TorrentFacts field={field} />}
      </Flex>
      {(status === 'queued' || status === 'hashing') && (
        <HashingProgress status={status} progress={field.progress} />
      )}
      {status === 'failed' && field.error?.code === 'unprotected' ? (
        <HeldTorrent
          confirmed={stored.confirmUnprotected === true}
          disabled={disabled}
          onConfirm={onConfirm}
        />
      ) : (
        <ProtectionNote protection={field.protection} />
      )}
      {(status === 'failed' || status === 'stale') && field.error?.code !== 'unprotected' && (
        <FailedTorrent field={field} query={entry.query} disabled={disabled} />
      )}
      {status === 'ready' && <ReadyTorrent field={field} query={entry.query} />}
      {(field.everseed === 'on' || field.everseed === 'paused') && (
        <EverseedSwitch on={stored.seed !== false} disabled={disabled} onChange={onSeed} />
      )}
      {!field.published && <Note>{t('bittorrent.field.unpublished')}</Note>}
    </Flex>
  );
};

/** What a screen reader says when a status changes; not the counts, they change all the time. */
const STATUS_ANNOUNCEMENTS = {
  queued: 'bittorrent.progress.queued',
  hashing: 'bittorrent.progress.hashing',
  ready: 'bittorrent.announce.ready',
  failed: 'bittorrent.announce.failed',
  stale: 'bittorrent.announce.stale',
} as const;

export const TorrentState = (props: TorrentStateProps) => {
  const { entry, path, source, stored, disabled, onConfirm, onSeed } = props;
  const t = useTranslate();
  const states = useFieldStates(entry);
  const files = useFiles(path, source);

  if (entry.kind === 'unsaved') return <Message>{t('bittorrent.field.unsaved')}</Message>;
  if (entry.kind === 'past') return <Message>{t('bittorrent.field.past')}</Message>;
  if (entry.kind === 'loading' || states.kind === 'loading') {
    return <Message>{t('bittorrent.field.loading')}</Message>;
  }
  if (states.kind === 'forbidden') return <Message>{t('bittorrent.field.forbidden')}</Message>;
  if (states.kind === 'unreachable') {
    return <Note tone="warning">{t('bittorrent.field.unreachable')}</Note>;
  }

  const field = findField(states.fields, path, stored.job);
  if (!field) {
    if (files.any) return <Message>{t('bittorrent.field.unsaved')}</Message>;

    return (
      <Message>
        {source
          ? t('bittorrent.field.empty-attribute', { source })
          : t('bittorrent.field.empty-picked')}
      </Message>
    );
  }
  const announcement = STATUS_ANNOUNCEMENTS[field.status];

  return (
    <Flex direction="column" alignItems="stretch" gap={4}>
      <KnownField
        field={field}
        entry={entry}
        stored={stored}
        disabled={disabled}
        onConfirm={onConfirm}
        onSeed={onSeed}
      />
      {files.edited && !disabled && <Note tone="warning">{t('bittorrent.field.edited')}</Note>}
      {states.outdated && <Note tone="warning">{t('bittorrent.field.unreachable')}</Note>}
      <VisuallyHidden role="status">{t(announcement)}</VisuallyHidden>
    </Flex>
  );
};
