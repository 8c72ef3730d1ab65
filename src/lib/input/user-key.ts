import { anyText } from './storable.js';

/** The site's own key for a user: 1–128 printable characters. */
export const userKeySchema = anyText
  .min(1, 'must not be empty')
  .max(128, 'must have at most 128 characters')
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not hold control characters');
