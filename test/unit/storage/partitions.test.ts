import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DAY_MS } from '../../../src/lib/time.js';
import { eventMonths } from '../../../src/storage/partitions.js';

function monthsEnsuredAt(nowMs: number): number[] {
  return eventMonths(nowMs).map((instant) => monthOf(instant.getTime()));
}

function monthOf(ms: number): number {
  const instant = new Date(ms);
  return instant.getUTCFullYear() * 12 + instant.getUTCMonth();
}

it('ensures contiguous months from 8 days ago to two months ahead at any instant', () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 0, 1) }), (nowMs: number) => {
      const first = monthOf(nowMs - 8 * DAY_MS);
      const last = monthOf(nowMs) + 2;
      const expected = Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
      expect(monthsEnsuredAt(nowMs)).toEqual(expected);
    }),
  );
});

it.each([
  ...['2026-01-29', '2026-01-30', '2026-01-31', '2026-03-31', '2026-05-31', '2026-08-31', '2026-10-31'],
])('ensures the month after %s', (date) => {
  const nowMs = Date.parse(`${date}T12:00:00Z`);
  expect(monthsEnsuredAt(nowMs)).toContain(monthOf(nowMs) + 1);
});
