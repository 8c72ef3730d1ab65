import { z } from 'zod';

/** What an operator calls a part of the config by which something is remembered. */
export const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be 1 to 32 lower-case letters, digits and hyphens, a letter first');
