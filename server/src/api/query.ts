/** Reads the query strings of list requests: wrong values are a 400 that names them. */

import { errors } from '@strapi/utils';
import { z } from 'zod';

const DEFAULT_PAGE_SIZE = 25;
const MAX_PAGE_SIZE = 100;

/** `?sort=seeders:DESC` → `['seeders', 'DESC']`; one criterion is enough for one table. */
export function sortSchema<const Field extends string>(fields: readonly Field[], initial: Field) {
  const isField = (text: string): text is Field => fields.some((field) => field === text);
  return z
    .string()
    .default(`${initial}:DESC`)
    .transform((text, context): [Field, 'ASC' | 'DESC'] => {
      const [field = '', order = 'ASC', ...rest] = text.split(':');
      const direction = order.toUpperCase();
      const known = direction === 'ASC' || direction === 'DESC';
      if (isField(field) && known && rest.length === 0) return [field, direction];
      context.addIssue(`expected one of ${fields.join(', ')}, followed by :ASC or :DESC`);
      return z.NEVER;
    });
}

export const pageSchema = z.coerce.number().int().min(1).default(1);
export const pageSizeSchema = (initial = DEFAULT_PAGE_SIZE) =>
  z.coerce.number().int().min(1).max(MAX_PAGE_SIZE).default(initial);

/** @throws ValidationError (400) that names the parameter */
export function parseQuery<Schema extends z.ZodType>(
  schema: Schema,
  query: unknown,
): z.output<Schema> {
  const result = schema.safeParse(query);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new errors.ValidationError(problems.join('; '));
}
