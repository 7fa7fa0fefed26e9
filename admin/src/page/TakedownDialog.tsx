import { useState } from 'react';

import { Button, Field, Flex, Modal, Textarea, Typography } from '@strapi/design-system';

import { useTranslate } from '../messages';

interface TakedownDialogProps {
  name: string;
  isBusy: boolean;
  onConfirm: (reason: string) => Promise<boolean>;
  onClose: () => void;
}

/** Asks for the reason before a torrent is taken down. */
export const TakedownDialog = ({ name, isBusy, onConfirm, onClose }: TakedownDialogProps) => {
  const t = useTranslate();
  const [reason, setReason] = useState('');
  const trimmed = reason.trim();

  const confirm = async () => {
    if (await onConfirm(trimmed)) onClose();
  };

  return (
    <Modal.Root open onOpenChange={(isOpen: boolean) => !isOpen && onClose()}>
      <Modal.Content>
        <Modal.Header>
          <Modal.Title>{t('bittorrent.takedown.title', { name })}</Modal.Title>
        </Modal.Header>
        <Modal.Body>
          <Flex direction="column" alignItems="stretch" gap={4}>
            <Typography>{t('bittorrent.takedown.explanation')}</Typography>
            <Field.Root required hint={t('bittorrent.takedown.reason-hint')}>
              <Field.Label>{t('bittorrent.takedown.reason')}</Field.Label>
              <Textarea
                value={reason}
                maxLength={500}
                onChange={({ target }: { target: { value: string } }) => setReason(target.value)}
              />
              <Field.Hint />
            </Field.Root>
          </Flex>
        </Modal.Body>
        <Modal.Footer>
          <Button variant="tertiary" onClick={onClose}>
            {t('bittorrent.action.cancel')}
          </Button>
          <Button
            variant="danger"
            disabled={trimmed === ''}
            loading={isBusy}
            onClick={() => void confirm()}
          >
            {t('bittorrent.takedown.confirm')}
          </Button>
        </Modal.Footer>
      </Modal.Content>
    </Modal.Root>
  );
};
