import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/lib/time.js';
import { LiveSignals, signalMarket } from '../../../src/learning/live-signals.js';
import { packSignals, unpackSignals } from '../../../src/learning/signals-codec.js';
import { NOW_MS } from '../../support/scoring-v2.js';
import { storedMarket } from '../../support/stored-market.js';

const market = (id: string, title = `Title ${id}`) =>
  signalMarket(storedMarket(id, { title, resolvesAt: new Date(NOW_MS + 4 * DAY_MS) }));

function signalsAfter(
  ...choices: readonly (readonly [userKey: string, marketId: string, hour: number])[]
): LiveSignals {
  const signals = new LiveSignals();
  for (const [userKey, marketId, hour] of choices)
    signals.add({ atMs: NOW_MS + hour * HOUR_MS, userKey, country: 'IL', market: market(marketId) });
  return signals;
}

describe('live signals', () => {
  it('count moves of one user within a day, and no returns to the same market', () => {
    const signals = signalsAfter(
      ...([
        ['ann', 'a', 0],
        ['bob', 'c', 1],
        ['ann', 'b', 2],
        ['ann', 'b', 3],
        ['ann', 'c', 28],
        ['bob', 'b', 20],
      ] as const),
    ).view();
    expect([...(signals.movesFromMarket('a')?.to ?? [])]).toEqual([['b', 1]]);
    // The move from b to c took more than a day.
    expect(signals.movesFromMarket('b')).toEqual({ total: 3, to: new Map() });
    expect(signals.movesFromMarket('c')).toEqual({ total: 2, to: new Map([['b', 1]]) });
    expect(signals.movesFromSeries('title a')?.total).toBe(1);
    expect(signals.movesFromMarket('d')).toBeUndefined();
  });

  it('keep the most frequent next markets of a source', () => {
    const signals = new LiveSignals();
    const move = (to: string, hour: number): void => {
      signals.add({ atMs: NOW_MS + hour * HOUR_MS, userKey: `u${hour}`, country: null, market: market('a') });
      signals.add({ atMs: NOW_MS + hour * HOUR_MS, userKey: `u${hour}`, country: null, market: market(to) });
    };
    for (const hour of [0, 1]) move('often', hour);
    for (let next = 0; next < 40; next += 1) move(`m${next}`, 2 + next);
    const moves = signals.view().movesFromMarket('a');
    expect(moves?.to.size).toBe(32);
    expect(moves?.to.get('often')).toBe(2);
    expect(moves?.total).toBe(42);
  });

  it('count each user of a market once, by the latest engagement', () => {
    const signals = signalsAfter(['ann', 'a', 0], ['bob', 'a', 0], ['ann', 'a', 7 * 24]).view();
    const activity = signals.activityOf('a');
    expect(activity?.lastAtMs).toBe(NOW_MS + 7 * DAY_MS);
    expect(activity?.recentUsers).toBeCloseTo(1 + 0.5, 9);
  });

  it('count choices by horizon, overall and by template', () => {
    const signals = new LiveSignals();
    expect(signals.view().horizonShares).toBeNull();
    signals.add({ atMs: NOW_MS, userKey: 'ann', country: null, market: market('a', 'Will Ada win?') });
    const view = signals.view();
    const { horizonShares } = view;
    expect(horizonShares?.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(horizonShares?.[6]).toBeCloseTo(2 / 13, 12);
    expect(view.horizonsOfTemplate('will @ win?')?.[6]).toBe(1);
  });

  it('are the same after they were packed and unpacked', async () => {
    const signals = signalsAfter(['ann', 'a', 0], ['ann', 'b', 1], ['bob', 'b', 2], ['bob', 'a', 3]);
    const unpacked = await unpackSignals(await packSignals(signals));
    expect(unpacked?.totals).toEqual(signals.totals);
    expect([...(unpacked?.entries() ?? [])]).toEqual([...signals.entries()]);
  });

  it('drop the least recently used market of a full memory', () => {
    const signals = new LiveSignals();
    const touch = (index: number): void => {
      signals.add({
        atMs: NOW_MS,
        userKey: 'ann',
        country: null,
        market: { ...market('a'), id: `market ${index}` },
      });
    };
    for (let index = 0; index < 20_000; index += 1) touch(index);
    touch(0);
    touch(20_000);
    const isCounted = [0, 1, 20_000].map(
      (index) => signals.view().activityOf(`market ${index}`) !== undefined,
    );
    expect(isCounted).toEqual([true, false, true]);
  });
});
