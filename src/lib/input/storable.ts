import { z } from 'zod';

const FIRST_INSTANT_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_INSTANT_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether PostgreSQL can hold a text: it knows neither the character NUL nor half of a surrogate pair. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && !/\p{Cs}/u.test(text);
}

export const NOT_STORABLE = 'must not hold the character NUL or half of a character';

/** Any text; the errors are those that all text fields share. */
export const anyText = z.string({ error: ({ input }) => (input == null ? 'is required' : 'must be text') });

/** Text that PostgreSQL can hold. */
export const storableText = anyText.refine(isStorableText, NOT_STORABLE);

/** Whether an instant lies in the years 1 to 9999, which PostgreSQL and we write alike. */
export function isStorableInstant(instant: Date): boolean {
  return instant.getTime() >= FIRST_INSTANT_MS && instant.getTime() <= LAST_INSTANT_MS;
}
