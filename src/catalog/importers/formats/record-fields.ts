import { z } from 'zod';

/** Schemas of fields as sources write them. Null and empty text both mean that the value is absent. */

export const optionalText = z
  .string()
  .nullish()
  .transform((text) => text?.trim() || undefined);

/** A decimal number such as `-0.5` or `1.2e6`, but not `0x10` or `1,000`. */
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** Parses a decimal number; undefined for any other text, and for a value out of the range of a double. */
export function decimalNumber(text: string): number | undefined {
  const number = decimal.test(text.trim()) ? Number(text) : NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** A number, or a decimal number as text. */
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

/** An ISO 8601 time; the output is in UTC. */
export const optionalInstant = optionalText.transform((text, context) => {
  if (text === undefined) return undefined;
  const ms = parseInstant(text);
  const iso = ms === undefined ? undefined : isoInstant(ms);
  if (iso !== undefined) return iso;
  context.addIssue({ code: 'custom', message: `expected a time in ISO 8601, got ${JSON.stringify(text)}` });
  return z.NEVER;
});

/** Removes undefined fields, because drafts omit absent values. */
export function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}

type Optional<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];

type Present<T> = Omit<T, Optional<T>> & { [K in Optional<T>]?: Exclude<T[K], undefined> };

const instantPattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

const firstMs = Date.parse('0001-01-01T00:00:00Z');
const lastMs = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Parses an ISO 8601 time with the variations found in archives. A space may replace the T, the offset may be `+00`, and a
 * date alone means its midnight. A time without an offset is UTC.
 *
 * @returns milliseconds since 1970 without further digits; undefined for any other text and for a day that does not exist.
 */
export function parseInstant(text: string): number | undefined {
  const match = instantPattern.exec(text.trim());
  if (!match) return undefined;
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00'] = match;
  const milliseconds = (match[7] ?? '').slice(0, 3).padEnd(3, '0');
  // JavaScript parses 31 February as 2 March.
  const calendarDay = new Date(`${year}-${month}-01T00:00:00Z`);
  calendarDay.setUTCDate(Number(day));
  if (calendarDay.getUTCDate() !== Number(day)) return undefined;
  const parsed = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}${isoOffset(match[8])}`,
  );
  return Number.isNaN(parsed) ? undefined : parsed;
}

/**
 * Formats an instant as ISO 8601 in UTC; undefined outside the years 1–9999. Some sites set the close time of a market
 * thousands of years ahead to mean "never".
 */
export function isoInstant(ms: number): string | undefined {
  return ms >= firstMs && ms <= lastMs ? new Date(ms).toISOString() : undefined;
}

function isoOffset(offset = 'Z'): string {
  if (offset.toUpperCase() === 'Z') return 'Z';
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  return `${offset.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
