/** An email address, also within a longer key such as `auth0|ada@example.org`. */
const EMAIL = /[^\s@|:;,<>]+@[^\s@]+\.\p{L}{2,}/u;

/** An international number, `+` and 7–15 digits, or a North American one such as (555) 010-4477. */
const PHONE = /^\s*(?:tel:)?(?:\+(?:[\s().-]*\d){7,15}|\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4})\s*$/i;

const USE_INSTEAD = 'use an id that says nothing about the person, such as a UUID or a keyed hash';

/**
 * Returns why a user key looks like personal data; undefined if it does not. Digits alone are an id, not a phone number. The
 * sentence continues the name of the field, and does not repeat the key.
 */
export function personalKeyProblem(userKey: string): string | undefined {
  if (EMAIL.test(userKey)) return `must not contain an email address: ${USE_INSTEAD}`;
  if (PHONE.test(userKey)) return `must not be a phone number: ${USE_INSTEAD}`;
  return undefined;
}
