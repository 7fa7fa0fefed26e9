/** What the Content-Type Builder gives to an option's own input. */

import type { MessageDescriptor } from 'react-intl';

import type { BuilderAttribute } from './source-check';

export interface OptionInputProps<T> {
  name: string;
  value?: T | null;
  intlLabel: MessageDescriptor;
  description?: MessageDescriptor | null;
  /** Already translated; empty when there is none. */
  error?: string;
  disabled?: boolean;
  onChange: (event: { target: { name: string; value: T; type: string } }) => void;
  /** The type or component under edit, with what was not saved yet. */
  contentTypeSchema?: { attributes?: readonly BuilderAttribute[] };
  /** False when an existing field is edited. */
  isCreating?: boolean;
}
