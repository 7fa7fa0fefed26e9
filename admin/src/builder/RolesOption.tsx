import { Field, MultiSelect, MultiSelectOption } from '@strapi/design-system';
import { useIntl } from 'react-intl';

import { useUserRolesQuery } from '../api';
import type { UserRole } from '../api';
import { useTranslate } from '../messages';
import type { OptionInputProps } from './option-input';

/** The two roles that every site has; enough to offer while the list cannot be read. */
const BUILT_IN: UserRole[] = [
  { type: 'public', name: 'Public' },
  { type: 'authenticated', name: 'Authenticated' },
];

const toTypes = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

/** Roles of the users-permissions plugin that may have the torrent; none means no narrowing. */
export const RolesOption = ({
  name,
  value,
  intlLabel,
  description,
  error,
  disabled = false,
  onChange,
}: OptionInputProps<string[]>) => {
  const t = useTranslate();
  const intl = useIntl();
  const roles = useUserRolesQuery() ?? BUILT_IN;
  const chosen = toTypes(value);
  const unknown = chosen
    .filter((type) => !roles.some((role) => role.type === type))
    .map((type) => ({ type, name: type }));

  return (
    <Field.Root
      name={name}
      {...(description ? { hint: intl.formatMessage(description) } : {})}
      {...(error ? { error } : {})}
    >
      <Field.Label>{intl.formatMessage(intlLabel)}</Field.Label>
      <MultiSelect
        withTags
        disabled={disabled}
        placeholder={t('bittorrent.options.roles.all')}
        clearLabel={t('bittorrent.options.roles.clear')}
        value={chosen}
        onChange={(next: string[]) => onChange({ target: { name, value: next, type: 'select' } })}
        onClear={() => onChange({ target: { name, value: [], type: 'select' } })}
      >
        {[...roles, ...unknown].map((role) => (
          <MultiSelectOption key={role.type} value={role.type}>
            {role.name}
          </MultiSelectOption>
        ))}
      </MultiSelect>
      <Field.Error />
      <Field.Hint />
    </Field.Root>
  );
};
