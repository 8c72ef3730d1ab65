import { z } from 'zod';

/** Bounds of a number: `above` excludes its value, `least` and `most` include theirs. */
interface Range {
  readonly above?: number;
  readonly least?: number;
  readonly most: number;
}

/** Every bound is told whichever one was missed, so that one look at the sentence is enough. */
function rangeSentence(kind: string, { above, least, most }: Range): string {
  if (least !== undefined) return `must be ${kind} from ${least} to ${most}`;
  return above === undefined
    ? `must be ${kind} of at most ${most}`
    : `must be ${kind} above ${above} and at most ${most}`;
}

function bounded(schema: z.ZodNumber, range: Range, error: string): z.ZodNumber {
  const { above = -Infinity, least = -Infinity, most } = range;
  return schema.gt(above, { error }).gte(least, { error }).lte(most, { error });
}

/** A finite number in a range. */
export function amount(range: Range): z.ZodNumber {
  const error = rangeSentence('a number', range);
  return bounded(z.number({ error }), range, error);
}

/** A whole number in a range. */
export function whole(range: Range): z.ZodNumber {
  const error = rangeSentence('a whole number', range);
  return bounded(z.number({ error }).int({ error }), range, error);
}

/** A part of a whole, 0–1. */
export const share = amount({ least: 0, most: 1 });

/** Ten years: more is a slip of the unit. */
export const days = amount({ above: 0, most: 3_650 });

/** One day at most. */
export const minutesOfADay = amount({ above: 0, most: 1_440 });
