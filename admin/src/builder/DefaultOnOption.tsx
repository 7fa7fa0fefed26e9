import { Checkbox, Field } from '@strapi/design-system';
import { useIntl } from 'react-intl';

import type { OptionInputProps } from './option-input';

/** A switch that is on where the schema says nothing; Strapi's own checkbox would show it off. */
export const DefaultOnOption = ({
  name,
  value,
  intlLabel,
  description,
  disabled = false,
  onChange,
}: OptionInputProps<boolean>) => {
  const intl = useIntl();

  return (
    <Field.Root name={name} {...(description ? { hint: intl.formatMessage(description) } : {})}>
      <Checkbox
        disabled={disabled}
        checked={value !== false}
        onCheckedChange={(checked) =>
          onChange({ target: { name, value: checked === true, type: 'checkbox' } })
        }
      >
        {intl.formatMessage(intlLabel)}
      </Checkbox>
      <Field.Hint />
    </Field.Root>
  );
};
