import { z } from 'zod';
import { personalKeyProblem } from './personal-key.js';

const FIRST_INSTANT_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_INSTANT_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether PostgreSQL can store a text: it supports neither U+0000 nor unpaired surrogates. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && !/\p{Cs}/u.test(text);
}

/** The error message for a text that is not {@link isStorableText}. */
export const NOT_STORABLE = 'must not contain the character U+0000 or an unpaired surrogate';

/** Any text; its error messages are the same for all text fields. */
const anyText = z.string({ error: ({ input }) => (input == null ? 'is required' : 'must be text') });

/** Text that PostgreSQL can store. */
export const storableText = anyText.refine(isStorableText, NOT_STORABLE);

/** Whether an instant lies in the years 1 to 9999, which PostgreSQL and ISO 8601 write alike. */
export function isStorableInstant(instant: Date): boolean {
  return instant.getTime() >= FIRST_INSTANT_MS && instant.getTime() <= LAST_INSTANT_MS;
}

/** Maximum length of a cursor in UTF-16 code units. */
export const MAX_CURSOR_LENGTH = 500;

/** Maximum length of a user key in UTF-16 code units. */
export const MAX_USER_KEY_LENGTH = 128;

/** The site's key for a user: 1–128 printable characters. For requests about stored data, whatever its key looks like. */
export const storedUserKeySchema = anyText
  .min(1, 'must not be empty')
  .max(MAX_USER_KEY_LENGTH, `must have at most ${MAX_USER_KEY_LENGTH} characters`)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters');

let rejectsPersonalKeys = true;

/**
 * Sets whether {@link userKeySchema} rejects keys that look like personal data. The schemas are constants of the module, so the
 * choice holds for the process.
 */
export function rejectPersonalUserKeys(rejected: boolean): void {
  rejectsPersonalKeys = rejected;
}

/** The key of a user in every other input. */
export const userKeySchema = storedUserKeySchema.superRefine((userKey, check) => {
  const message = rejectsPersonalKeys ? personalKeyProblem(userKey) : undefined;
  if (message !== undefined) check.addIssue({ code: 'custom', message });
});

/** The error message for a number that JSON parsers cannot represent exactly. */
export const UNSAFE_ID = `must be text: as a number it must be whole and at most ${Number.MAX_SAFE_INTEGER}, because larger ones lose digits`;

/** An id as text. A whole number is converted, unless it is too large to be exact. */
export const idText = z.unknown().transform((id, context) => {
  if (typeof id !== 'number') return id;
  if (Number.isSafeInteger(id)) return String(id);
  context.addIssue({ code: 'custom', message: UNSAFE_ID });
  return z.NEVER;
});
