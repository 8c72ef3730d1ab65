import { z } from 'zod';

/** Bounds of a number: `above` excludes its value; `least` and `most` include theirs. */
interface Range {
  readonly above?: number;
  readonly least?: number;
  readonly most: number;
}

/** Names every bound, whichever one the value violates, so that one correction is enough. */
function rangeMessage(kind: string, { above, least, most }: Range): string {
  if (least !== undefined) return `must be ${kind} from ${least} to ${most}`;
  return above === undefined
    ? `must be ${kind} of at most ${most}`
    : `must be ${kind} above ${above} and at most ${most}`;
}

function bounded(schema: z.ZodNumber, { above, least, most }: Range, error: string): z.ZodNumber {
  let limited = schema.lte(most, { error });
  if (above !== undefined) limited = limited.gt(above, { error });
  if (least !== undefined) limited = limited.gte(least, { error });
  return limited;
}

/** A finite number in a range. */
export function amount(range: Range): z.ZodNumber {
  const error = rangeMessage('a number', range);
  return bounded(z.number({ error }), range, error);
}

/** A whole number in a range. */
export function whole(range: Range): z.ZodNumber {
  const error = rangeMessage('a whole number', range);
  return bounded(z.number({ error }).int({ error }), range, error);
}

/** The number 0, for a key that accepts no other value yet. */
export function zero(reason: string): z.ZodNumber {
  const error = `must be 0: ${reason}`;
  return bounded(z.number({ error }), { least: 0, most: 0 }, error);
}

/** A share from 0 to 1. */
export const share = amount({ least: 0, most: 1 });

/** At most ten years. A larger value is almost certainly in the wrong unit. */
export const days = amount({ above: 0, most: 3_650 });

/** At most one day. */
export const minutesOfADay = amount({ above: 0, most: 1_440 });

/** The name of a sink or source. Stored state refers to it. */
export const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be 1 to 32 lower-case letters, digits and hyphens, a letter first');
