import { Checkbox, Field } from '@strapi/design-system';

import { useTranslate } from '../messages';

interface EverseedSwitchProps {
  on: boolean;
  disabled: boolean;
  onChange: (on: boolean) => void;
}

/** Whether the site's own BitTorrent peer seeds this torrent; saved with the entry. */
export const EverseedSwitch = ({ on, disabled, onChange }: EverseedSwitchProps) => {
  const t = useTranslate();

  return (
    <Field.Root hint={t('bittorrent.everseed.hint')}>
      <Checkbox
        disabled={disabled}
        checked={on}
        onCheckedChange={(checked) => onChange(checked === true)}
      >
        {t('bittorrent.everseed.switch')}
      </Checkbox>
      <Field.Hint />
    </Field.Root>
  );
};
