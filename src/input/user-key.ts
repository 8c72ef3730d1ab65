import { z } from 'zod';

/** The site's own key for a person: 1–128 printable characters, with no meaning to us. */
export const userKeySchema = z
  .string()
  .min(1, 'must not be empty')
  .max(128, 'must have at most 128 characters')
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not hold control characters');
