import type { z } from 'zod';
import { BellwetherError } from '../errors.js';

/**
 * Validates input from outside, and returns it in its final form.
 *
 * @param path path of the value, to which the path of an invalid field is appended.
 * @throws {BellwetherError} BAD_USER_INPUT for the first invalid field; LIMIT_EXCEEDED if it is a list with too many entries.
 */
export function checkInput<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path?: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = [path, ...(issue?.path ?? [])].filter((part) => part !== undefined).join('.');
  const message = `${field} ${issue?.message ?? 'is not valid'}.`;
  throw issue?.code === 'too_big' && issue.origin === 'array'
    ? BellwetherError.limitExceeded(field, message)
    : BellwetherError.badInput(field, message);
}
