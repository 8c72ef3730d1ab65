const instantPattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

const firstMs = Date.parse('0001-01-01T00:00:00Z');
const lastMs = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Reads a time in ISO 8601, as archives write it: a space may stand for the T, the offset may be
 * `+00`, a bare date is its midnight. Without an offset it is UTC, whatever the machine's time zone.
 *
 * @returns milliseconds since 1970, digits beyond them cut off; undefined when the text is no such
 *   time or names a day that does not exist.
 */
export function instantMs(text: string): number | undefined {
  const match = instantPattern.exec(text.trim());
  if (!match) return undefined;
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00'] = match;
  const milliseconds = (match[7] ?? '').slice(0, 3).padEnd(3, '0');
  // JavaScript reads 31 February as 2 March.
  const calendarDay = new Date(`${year}-${month}-01T00:00:00Z`);
  calendarDay.setUTCDate(Number(day));
  if (calendarDay.getUTCDate() !== Number(day)) return undefined;
  const parsed = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}${isoOffset(match[8])}`,
  );
  return Number.isNaN(parsed) ? undefined : parsed;
}

/**
 * The instant as ISO 8601 in UTC; undefined outside the years 1–9999, which four digits cannot write
 * (some sites close a market "never", thousands of years later).
 */
export function isoInstant(ms: number): string | undefined {
  return ms >= firstMs && ms <= lastMs ? new Date(ms).toISOString() : undefined;
}

function isoOffset(offset = 'Z'): string {
  if (offset.toUpperCase() === 'Z') return 'Z';
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  return `${offset.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
