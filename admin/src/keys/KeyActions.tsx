import { Flex, IconButton } from '@strapi/design-system';
import { Key, Lock } from '@strapi/icons';

import type { AdminKey } from '../../../shared/admin-api';
import { useModeration } from '../components/use-moderation';
import { useTranslate } from '../messages';

interface KeyActionsProps {
  user: AdminKey['user'];
  /** What the user's keys open; left out, there are none to withdraw alone. */
  torrent?: AdminKey['torrent'] | null;
}

/** Ends a user's keys: those to one torrent, or the passkey and with it all of them. */
export const KeyActions = ({ user, torrent = null }: KeyActionsProps) => {
  const t = useTranslate();
  const { revokePasskey, withdrawKeys, isBusy } = useModeration();
  const name = user.name ?? `#${user.id}`;

  return (
    <Flex gap={1} flex="0 0 auto">
      {torrent && (
        <IconButton
          label={t('bittorrent.keys.withdraw', {
            user: name,
            torrent: torrent.name ?? torrent.infoHash,
          })}
          disabled={isBusy}
          onClick={() => void withdrawKeys(user.id, torrent.infoHash)}
        >
          <Key />
        </IconButton>
      )}
      <IconButton
        label={t('bittorrent.audit.revoke', { user: name })}
        disabled={isBusy}
        onClick={() => void revokePasskey(user.id)}
      >
        <Lock />
      </IconButton>
    </Flex>
  );
};
