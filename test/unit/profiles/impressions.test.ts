import { describe, expect, it } from 'vitest';
import type { ImpressionState } from '../../../src/domain/profile.js';
import { DAY_MS, MINUTE_MS, NOON_MS, personAfter, profileEvent } from '../../support/profile-events.js';

const shown = (atMs: number, market: { probability?: number; volume24h?: number } = {}) =>
  profileEvent('IMPRESSION', atMs, { market });
const impressionAfter = (...events: Parameters<typeof personAfter>): ImpressionState | undefined =>
  personAfter(...events).impressions.get('m1');

describe('an impression', () => {
  it('touches nothing but the impressions of its market', () => {
    const before = personAfter(profileEvent('CLICK', NOON_MS, { country: 'IL' }));
    const after = personAfter(
      profileEvent('CLICK', NOON_MS, { country: 'IL' }),
      profileEvent('IMPRESSION', NOON_MS + DAY_MS, { country: 'US', dwellMs: 60_000, market: { id: 'm2' } }),
    );
    expect({ ...after, impressions: before.impressions }).toEqual(before);
    expect([...after.impressions.keys()]).toEqual(['m2']);
  });

  it('is remembered with the market as it was shown last', () => {
    expect(
      impressionAfter(
        shown(NOON_MS, { probability: 0.3, volume24h: 10 }),
        shown(NOON_MS + 1, { probability: 0.4, volume24h: 20 }),
        shown(NOON_MS - 1, { probability: 0.2, volume24h: 5 }),
      ),
    ).toEqual({
      marketId: 'm1',
      shownAtMs: [NOON_MS + 1, NOON_MS, NOON_MS - 1],
      probability: 0.4,
      volume24h: 20,
      clickedSince: false,
    });
  });

  it('is forgotten when it is exactly 7 days older than the newest', () => {
    const newestMs = NOON_MS + 7 * DAY_MS;
    expect(impressionAfter(shown(NOON_MS), shown(NOON_MS + 1), shown(newestMs))?.shownAtMs).toEqual([
      newestMs,
      NOON_MS + 1,
    ]);
    expect(impressionAfter(shown(newestMs), shown(NOON_MS))?.shownAtMs).toEqual([newestMs]);
  });

  it('is one of at most 32, the newest', () => {
    const times = Array.from({ length: 40 }, (_, index) => NOON_MS + index * MINUTE_MS);
    const newestFirst = times.toReversed().slice(0, 32);
    expect(impressionAfter(...times.map((atMs) => shown(atMs)))?.shownAtMs).toEqual(newestFirst);
    expect(impressionAfter(...times.toReversed().map((atMs) => shown(atMs)))?.shownAtMs).toEqual(newestFirst);
  });
});

describe('whether a market was clicked since it was last shown', () => {
  const clicked = (...events: Parameters<typeof personAfter>) => impressionAfter(...events)?.clickedSince;

  it('becomes true with a view and false when it is shown again', () => {
    expect(clicked(shown(NOON_MS), profileEvent('CLICK', NOON_MS))).toBe(true);
    expect(clicked(shown(NOON_MS), profileEvent('VIEW_MARKET', NOON_MS + 1))).toBe(true);
    expect(clicked(shown(NOON_MS), profileEvent('CLICK', NOON_MS + 1), shown(NOON_MS + 2))).toBe(false);
  });

  it('stays false with what is no view, or is of another market', () => {
    expect(clicked(shown(NOON_MS), profileEvent('BOOKMARK', NOON_MS + 1))).toBe(false);
    expect(clicked(shown(NOON_MS), profileEvent('CLICK', NOON_MS + 1, { market: { id: 'm2' } }))).toBe(false);
  });

  it('does not depend on which of the two was reported first', () => {
    expect(clicked(profileEvent('CLICK', NOON_MS + 1), shown(NOON_MS))).toBe(true);
    expect(clicked(profileEvent('CLICK', NOON_MS - 1), shown(NOON_MS))).toBe(false);
    expect(clicked(shown(NOON_MS), profileEvent('CLICK', NOON_MS - 1))).toBe(false);
    expect(clicked(shown(NOON_MS), profileEvent('CLICK', NOON_MS + 1), shown(NOON_MS - 1))).toBe(true);
  });
});
