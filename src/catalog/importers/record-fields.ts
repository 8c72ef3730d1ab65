import { z } from 'zod';
import { instantMs, isoInstant } from './instant.js';

/** Fields as sources write them: null and the empty text both mean that nothing is said. */

export const optionalText = z
  .string()
  .nullish()
  .transform((text) => text?.trim() || undefined);

/** A decimal number as archives write it, such as `-0.5` or `1.2e6`; not `0x10` or `1,000`. */
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** The number that a text writes in decimal digits; undefined for any other text and beyond what a double holds. */
export function decimalNumber(text: string): number | undefined {
  const number = decimal.test(text.trim()) ? Number(text) : NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** A number, or a number written as text. */
export const optionalNumber = z
  .union([z.number(), z.string()])
  .nullish()
  .transform((value, context) => {
    if (value === null || value === undefined || value === '') return undefined;
    const number = typeof value === 'number' ? value : decimalNumber(value);
    if (number !== undefined) return number;
    context.addIssue({ code: 'custom', message: `expected a number, got ${JSON.stringify(value)}` });
    return z.NEVER;
  });

/** An ISO 8601 time, given back in UTC. */
export const optionalInstant = optionalText.transform((text, context) => {
  if (text === undefined) return undefined;
  const ms = instantMs(text);
  const iso = ms === undefined ? undefined : isoInstant(ms);
  if (iso !== undefined) return iso;
  context.addIssue({ code: 'custom', message: `expected a time in ISO 8601, got ${JSON.stringify(text)}` });
  return z.NEVER;
});

/** The fields that say something: the rest is left out, as the drafts want it. */
export function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}

type Optional<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];

export type Present<T> = Omit<T, Optional<T>> & { [K in Optional<T>]?: Exclude<T[K], undefined> };
