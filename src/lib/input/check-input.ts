import type { z } from 'zod';
import { BellwetherError } from '../errors.js';

/**
 * What came from outside, checked and in its final form.
 *
 * @throws {BellwetherError} BAD_USER_INPUT for the first fault, its `field` the path below `at`.
 */
export function checkInput<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  at?: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [fault] = parsed.error.issues;
  const field = [at, ...(fault?.path ?? [])].filter((part) => part !== undefined).join('.');
  throw BellwetherError.badInput(field, `${field} ${fault?.message ?? 'is not valid'}.`);
}
