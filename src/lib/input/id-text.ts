import { z } from 'zod';

/** The message for a number that JSON readers do not keep exactly. */
export const UNSAFE_ID = `must be text: as a number it must be whole and at most ${Number.MAX_SAFE_INTEGER}, because larger ones lose digits`;

/** An id as text. A whole number becomes its digits, unless it is too large to have been kept exactly. */
export const idText = z.unknown().transform((id, context) => {
  if (typeof id !== 'number') return id;
  if (Number.isSafeInteger(id)) return String(id);
  context.addIssue({ code: 'custom', message: UNSAFE_ID });
  return z.NEVER;
});
