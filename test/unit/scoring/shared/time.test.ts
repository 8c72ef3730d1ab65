import { expect, it } from 'vitest';
import { DAY_MS } from '../../../../src/lib/time.js';
import { daysSince } from '../../../../src/scoring/shared/time.js';
import { NOW_MS } from '../../../support/scoring-v2.js';

it('daysSince counts days since an instant, and 0 for a future or unknown one', () => {
  expect(daysSince(NOW_MS - 1.5 * DAY_MS, NOW_MS)).toBe(1.5);
  expect([NOW_MS + 1, NaN].map((earlierMs) => daysSince(earlierMs, NOW_MS))).toEqual([0, 0]);
});
