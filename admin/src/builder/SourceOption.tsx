import { useEffect } from 'react';

import { Field, SingleSelect, SingleSelectOption } from '@strapi/design-system';
import { useIntl } from 'react-intl';

import { useTranslate } from '../messages';
import type { OptionInputProps } from './option-input';
import { mediaAttributes } from './source-check';
import type { SourceCheck } from './source-check';

/** The select's own word for "no source": it takes an empty value for "nothing chosen yet". */
const PICKED = ' picked';

/** The media attributes of the type under edit, or the choice to pick files in the field. */
export const createSourceOption = (check: SourceCheck) => {
  const SourceOption = ({
    name,
    value,
    intlLabel,
    description,
    error,
    disabled = false,
    onChange,
    contentTypeSchema,
    isCreating = false,
  }: OptionInputProps<string>) => {
    const t = useTranslate();
    const intl = useIntl();
    const names = mediaAttributes(contentTypeSchema?.attributes);
    const source = value ?? '';
    const isUnknown = source !== '' && !names.includes(source);

    // A new field starts with what is nearly always meant; `''` is a choice, and is kept.
    const suggested = isCreating && value == null ? names[0] : undefined;
    useEffect(() => {
      if (suggested === undefined) return;
      onChange({ target: { name, value: suggested, type: 'select' } });
    }, [suggested, name, onChange]);

    useEffect(() => check.tell(names));

    const problem = error || (isUnknown ? t('bittorrent.options.source.invalid') : undefined);

    return (
      <Field.Root
        name={name}
        {...(description ? { hint: intl.formatMessage(description) } : {})}
        {...(problem ? { error: problem } : {})}
      >
        <Field.Label>{intl.formatMessage(intlLabel)}</Field.Label>
        <SingleSelect
          disabled={disabled}
          value={source === '' ? PICKED : source}
          onChange={(next) =>
            onChange({
              target: { name, value: next === PICKED ? '' : String(next), type: 'select' },
            })
          }
        >
          {isUnknown && (
            <SingleSelectOption value={source} disabled>
              {source}
            </SingleSelectOption>
          )}
          {names.map((attribute) => (
            <SingleSelectOption key={attribute} value={attribute}>
              {attribute}
            </SingleSelectOption>
          ))}
          <SingleSelectOption value={PICKED}>
            {t('bittorrent.options.source.picked')}
          </SingleSelectOption>
        </SingleSelect>
        <Field.Error />
        <Field.Hint />
      </Field.Root>
    );
  };

  return SourceOption;
};
