import { Box, Flex, IconButton, Typography } from '@strapi/design-system';
import { Lock } from '@strapi/icons';
import { useRBAC } from '@strapi/strapi/admin';

import { TAKEDOWN_ACTION } from '../../../shared/admin-api';
import type { AuditAction, AuditActor, AuditEvent } from '../../../shared/admin-api';
import { useFormat } from '../components/use-format';
import { useModeration } from '../components/use-moderation';
import { useTranslate } from '../messages';
import type { MessageKey, Translate } from '../messages';

/** Outside of the component: the hook asks anew for every new array. */
const MODERATION = [{ action: TAKEDOWN_ACTION, subject: null }];

/** Names and hashes have no spaces to break at. */
const ANYWHERE = { overflowWrap: 'anywhere' } as const;

const ACTORS: Record<AuditActor['kind'], MessageKey> = {
  user: 'bittorrent.audit.actor.user',
  'api-token': 'bittorrent.audit.actor.api-token',
  admin: 'bittorrent.audit.actor.admin',
};

/** Whole sentences: languages differ in where they put the name. */
const SENTENCES: Record<AuditAction, MessageKey> = {
  'torrent-downloaded': 'bittorrent.audit.torrent-downloaded',
  'link-issued': 'bittorrent.audit.link-issued',
  'token-withdrawn': 'bittorrent.audit.token-withdrawn',
  'passkey-shown': 'bittorrent.audit.passkey-shown',
  'passkey-rotated': 'bittorrent.audit.passkey-rotated',
  'passkey-revoked': 'bittorrent.audit.passkey-revoked',
  'torrent-taken-down': 'bittorrent.audit.torrent-taken-down',
  'torrent-restored': 'bittorrent.audit.torrent-restored',
};

const actorText = (t: Translate, { kind, id, name }: AuditEvent['actor']): string =>
  t(ACTORS[kind], { name: name ?? `#${id ?? '?'}` });

const sentenceOf = (t: Translate, { action, actor, torrent, user }: AuditEvent): string =>
  t(SENTENCES[action], {
    actor: actorText(t, actor),
    torrent: torrent?.name ?? torrent?.infoHash ?? '',
    user: user?.name ?? `#${user?.id ?? '?'}`,
  });

/** The user who holds a key by this event; an administrator may revoke it. */
const keyHolder = ({ action, actor }: AuditEvent): number | null =>
  actor.kind === 'user' && action !== 'passkey-revoked' ? actor.id : null;

interface EventProps {
  event: AuditEvent;
  canRevoke: boolean;
}

const Event = ({ event, canRevoke }: EventProps) => {
  const t = useTranslate();
  const format = useFormat();
  const { revokePasskey, isBusy } = useModeration();
  const userId = keyHolder(event);
  const details = [event.reason ?? [], event.torrent?.infoHash ?? []].flat();

  return (
    <Flex
      tag="li"
      gap={4}
      justifyContent="space-between"
      paddingTop={3}
      paddingBottom={3}
      paddingLeft={5}
      paddingRight={5}
      borderColor="neutral150"
      borderStyle="solid"
      borderWidth="0 0 1px 0"
    >
      <Flex direction="column" alignItems="flex-start" gap={1} minWidth={0}>
        <Typography textColor="neutral800" style={ANYWHERE}>
          {sentenceOf(t, event)}
        </Typography>
        <Typography variant="pi" textColor="neutral600" style={ANYWHERE}>
          {[format.date(event.at), ...details].join(' · ')}
        </Typography>
      </Flex>
      {canRevoke && userId !== null && (
        <IconButton
          label={t('bittorrent.audit.revoke', { user: event.actor.name ?? `#${userId}` })}
          disabled={isBusy}
          onClick={() => void revokePasskey(userId)}
        >
          <Lock />
        </IconButton>
      )}
    </Flex>
  );
};

/** One sentence per event, newest first: as readable on a phone as on a desk. */
export const AuditList = ({ events }: { events: AuditEvent[] }) => {
  const {
    allowedActions: { canTakedown },
  } = useRBAC(MODERATION);

  return (
    <Box tag="ol" background="neutral0" shadow="tableShadow" hasRadius>
      {events.map((event) => (
        <Event key={event.id} event={event} canRevoke={canTakedown === true} />
      ))}
    </Box>
  );
};
