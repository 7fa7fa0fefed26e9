import { Box } from '@strapi/design-system';
import { useRBAC } from '@strapi/strapi/admin';

import { TAKEDOWN_ACTION } from '../../../shared/admin-api';
import type { AuditAction, AuditActor, AuditEvent } from '../../../shared/admin-api';
import { LogRow } from '../components/LogRow';
import { useFormat } from '../components/use-format';
import { KeyActions } from '../keys/KeyActions';
import { useTranslate } from '../messages';
import type { MessageKey, Translate } from '../messages';

/** Outside of the component: the hook asks anew for every new array. */
const MODERATION = [{ action: TAKEDOWN_ACTION, subject: null }];

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

/** A user withdraws his own keys, an administrator those of somebody. */
const sentenceKey = ({ action, user }: AuditEvent): MessageKey =>
  action === 'token-withdrawn' && user !== null
    ? 'bittorrent.audit.token-withdrawn-of'
    : SENTENCES[action];

const sentenceOf = (t: Translate, event: AuditEvent): string => {
  const { actor, torrent, user } = event;

  return t(sentenceKey(event), {
    actor: actorText(t, actor),
    torrent: torrent?.name ?? torrent?.infoHash ?? '',
    user: user?.name ?? `#${user?.id ?? '?'}`,
  });
};

/** What leaves a user with keys to the torrent. */
const HANDING_OUT: readonly AuditAction[] = ['torrent-downloaded', 'link-issued'];

/** Ends the keys that a user holds by this event. */
const EndKeys = ({ event: { action, actor, torrent } }: { event: AuditEvent }) => {
  if (actor.kind !== 'user' || actor.id === null) return null;
  const user = { id: actor.id, name: actor.name };

  return <KeyActions user={user} torrent={HANDING_OUT.includes(action) ? torrent : null} />;
};

interface EventProps {
  event: AuditEvent;
  canRevoke: boolean;
}

const Event = ({ event, canRevoke }: EventProps) => {
  const t = useTranslate();
  const format = useFormat();
  const details = [format.date(event.at), event.reason ?? [], event.torrent?.infoHash ?? []];

  return (
    <LogRow
      sentence={sentenceOf(t, event)}
      details={details.flat()}
      actions={canRevoke && <EndKeys event={event} />}
    />
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
