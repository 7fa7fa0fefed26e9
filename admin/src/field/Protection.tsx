import { Button, Flex } from '@strapi/design-system';

import type { Protection } from '../../../shared/admin-api';
import { Note } from '../components/Note';
import { useTranslate } from '../messages';

/** Who gets the files themselves; nothing to say where that is everybody. */
export const ProtectionNote = ({ protection }: { protection: Protection }) => {
  const t = useTranslate();

  if (protection === 'public') return null;
  if (protection === 'protected') return <Note>{t('bittorrent.field.protected')}</Note>;

  return <Note tone="warning">{t('bittorrent.field.cannot-be-protected')}</Note>;
};

interface HeldTorrentProps {
  confirmed: boolean;
  disabled: boolean;
  onConfirm: () => void;
}

/** No torrent is made of files that anybody can get, unless the editor says that this is known. */
export const HeldTorrent = ({ confirmed, disabled, onConfirm }: HeldTorrentProps) => {
  const t = useTranslate();

  return (
    <Flex direction="column" alignItems="flex-start" gap={3} width="100%">
      <Note tone="warning">{t('bittorrent.problem.unprotected')}</Note>
      {confirmed && <Note>{t('bittorrent.field.confirmed')}</Note>}
      {!confirmed && !disabled && (
        <Button type="button" size="S" variant="secondary" onClick={onConfirm}>
          {t('bittorrent.action.confirm-unprotected')}
        </Button>
      )}
    </Flex>
  );
};
