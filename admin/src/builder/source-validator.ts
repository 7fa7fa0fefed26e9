/** Keeps a field from being saved while its source is no media attribute. */

import type { SourceCheck } from './source-check';

export const SOURCE_OPTION = 'options.source';

/**
 * The builder takes a yup schema, or an error that looks like yup's: the latter spares every admin
 * panel a copy of yup. `message` is the id of a translation, shown at the input that `path` names.
 */
class SourceError extends Error {
  override readonly name = 'ValidationError';
  readonly inner: readonly { path: string; message: string }[];

  constructor(messageId: string) {
    super(messageId);
    this.inner = [{ path: SOURCE_OPTION, message: messageId }];
  }
}

/** What the builder passes: names in use, reserved names, and the form. */
export type ValidatorArguments = readonly [
  usedNames: unknown,
  reservedNames: unknown,
  form: { modifiedData?: { options?: { source?: unknown } } },
];

/** Adds no rules of its own to the form; throws instead. */
export const createSourceValidator =
  (check: SourceCheck) =>
  ([, , form]: ValidatorArguments): Record<string, never> => {
    if (!check.accepts(form.modifiedData?.options?.source)) {
      throw new SourceError('bittorrent.options.source.invalid');
    }

    return {};
  };
