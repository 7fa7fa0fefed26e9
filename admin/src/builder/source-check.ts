/**
 * Which media attributes the type under edit has. The Content-Type Builder gives a field's
 * validator the names of its siblings but not their types, and gives an option's input the whole
 * type, unsaved attributes included: so the input tells, and the validator asks.
 */

export interface BuilderAttribute {
  name: string;
  type?: string;
  /** `REMOVED` until the type is saved. */
  status?: string;
}

export const mediaAttributes = (attributes: readonly BuilderAttribute[] | undefined): string[] =>
  (attributes ?? [])
    .filter(({ type, status }) => type === 'media' && status !== 'REMOVED')
    .map(({ name }) => name);

export interface SourceCheck {
  tell: (mediaNames: readonly string[]) => void;
  /** An empty source is right: the editor picks the files. */
  accepts: (source: unknown) => boolean;
}

export const createSourceCheck = (): SourceCheck => {
  let known: readonly string[] = [];

  return {
    tell: (mediaNames) => {
      known = mediaNames;
    },
    accepts: (source) => source == null || source === '' || known.some((name) => name === source),
  };
};
