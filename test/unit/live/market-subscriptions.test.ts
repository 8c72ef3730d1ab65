import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptySnapshot, patchSnapshot } from '../../../src/catalog/catalog-snapshot.js';
import type { Market } from '../../../src/domain/market.js';
import { MarketSubscriptions, type MarketsMoved } from '../../../src/live/market-subscriptions.js';
import type { ThrottledStream } from '../../../src/live/throttled-stream.js';
import { storedMarket } from '../../support/stored-market.js';

/** Subscriptions over a catalog with the open markets in memory, and the others in a store. */
function subscriptionsOver(markets: readonly Market[]) {
  const stored = new Map(markets.map((market) => [market.id, market]));
  const findByIds = vi.fn((ids: readonly string[]) => Promise.resolve(ids.map((id) => stored.get(id))));
  const subscriptions = new MarketSubscriptions({
    catalog: { snapshot: patchSnapshot(emptySnapshot, markets, 1n), findByIds },
    clock: () => 0,
    intervalMs: 1_000,
  });
  return { subscriptions, findByIds };
}

/** Requests the next message, and returns its moves as tuples. */
async function nextMoves(stream: ThrottledStream<MarketsMoved>): Promise<unknown[] | undefined> {
  const { value } = await stream.next();
  return value?.moves.map(({ market, probabilityBefore, statusBefore }) => [
    market.id,
    ...[probabilityBefore, market.probability, statusBefore, market.status],
  ]);
}

describe('a market subscription', () => {
  it('compares each message with the previous one', async () => {
    const { subscriptions } = subscriptionsOver([storedMarket('a', { probability: 0.1 })]);
    const stream = await subscriptions.subscribe(['a']);
    subscriptions.marketsChanged([storedMarket('a', { probability: 0.2 })]);
    expect(await nextMoves(stream)).toEqual([['a', 0.1, 0.2, 'OPEN', 'OPEN']]);
    subscriptions.marketsChanged([storedMarket('a', { probability: 0.3 })]);
    subscriptions.marketsChanged([storedMarket('a', { probability: 0.4, status: 'CLOSED' })]);
    expect(await nextMoves(stream)).toEqual([['a', 0.2, 0.4, 'OPEN', 'CLOSED']]);
  });

  it('omits a change that was reverted before the message', async () => {
    const { subscriptions } = subscriptionsOver([storedMarket('a', { probability: 0.1 }), storedMarket('b')]);
    const stream = await subscriptions.subscribe(['a', 'b']);
    subscriptions.marketsChanged([storedMarket('a', { probability: 0.2 })]);
    subscriptions.marketsChanged([storedMarket('a', { probability: 0.1 })]);
    subscriptions.marketsChanged([storedMarket('b', { probability: 0.9 })]);
    expect(await nextMoves(stream)).toEqual([['b', 0.5, 0.9, 'OPEN', 'OPEN']]);
  });

  it('compares a market that is not open with its stored state', async () => {
    const { subscriptions, findByIds } = subscriptionsOver([
      storedMarket('open'),
      storedMarket('over', { status: 'CLOSED', probability: 0.7 }),
    ]);
    const stream = await subscriptions.subscribe(['open', 'over']);
    expect(findByIds.mock.calls).toEqual([[['over']]]);
    subscriptions.marketsChanged([
      storedMarket('over', { status: 'CLOSED', probability: 0.7, title: 'Another title?' }),
    ]);
    subscriptions.marketsChanged([storedMarket('over', { status: 'RESOLVED', probability: 1 })]);
    expect(await nextMoves(stream)).toEqual([['over', 0.7, 1, 'CLOSED', 'RESOLVED']]);
  });

  it('notifies when a market is created', async () => {
    const { subscriptions } = subscriptionsOver([]);
    const stream = await subscriptions.subscribe(['new']);
    subscriptions.marketsChanged([storedMarket('new', { probability: null })]);
    expect(await nextMoves(stream)).toEqual([['new', null, null, null, 'OPEN']]);
  });

  it('notifies about a change that arrives during the first read', async () => {
    const { subscriptions, findByIds } = subscriptionsOver([]);
    const reading = Promise.withResolvers<undefined[]>();
    findByIds.mockReturnValueOnce(reading.promise);
    const subscribing = subscriptions.subscribe(['a']);
    subscriptions.marketsChanged([storedMarket('a', { probability: 0.3 })]);
    reading.resolve([undefined]);
    const stream = await subscribing;
    expect(await nextMoves(stream)).toEqual([['a', null, 0.3, null, 'OPEN']]);
    subscriptions.marketsChanged([storedMarket('a', { probability: 0.4 })]);
    expect(await nextMoves(stream)).toEqual([['a', 0.3, 0.4, 'OPEN', 'OPEN']]);
  });

  it('releases a market without subscribers, and after a failed read', async () => {
    const { subscriptions, findByIds } = subscriptionsOver([storedMarket('a')]);
    const [one, other] = [await subscriptions.subscribe(['a']), await subscriptions.subscribe(['a'])];
    await one.return();
    expect(subscriptions.marketCount).toBe(1);
    await other.return();
    findByIds.mockRejectedValueOnce(new Error('no database'));
    await expect(subscriptions.subscribe(['a', 'b'])).rejects.toThrow('no database');
    expect(subscriptions.marketCount).toBe(0);
  });

  describe('with random changes and reads', () => {
    const ids = ['a', 'b', 'c'];
    const change = fc.record({
      id: fc.constantFrom(...ids),
      probability: fc.constantFrom(null, 0.1, 0.5, 0.9),
      status: fc.constantFrom<Market['status'][]>('OPEN', 'CLOSED'),
    });
    const step = fc.oneof(fc.constantFrom('request', 'wait'), fc.array(change, { maxLength: 3 }));
    const stateOf = ({ probability, status }: Market): unknown[] => [probability, status];

    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it('sends moves that lead from the first state to the last one', async () => {
      const run = async (steps: readonly (string | Partial<Market>[])[]): Promise<void> => {
        const { subscriptions } = subscriptionsOver(ids.map((id) => storedMarket(id)));
        const stream = await subscriptions.subscribe(ids);
        const actual = new Map(ids.map((id) => [id, stateOf(storedMarket(id))]));
        const known = new Map(actual);
        let requesting = false;
        const request = async (): Promise<void> => {
          if (requesting) return;
          requesting = true;
          const { value } = await stream.next();
          requesting = false;
          for (const { market, probabilityBefore, statusBefore } of value?.moves ?? []) {
            expect([probabilityBefore, statusBefore]).toEqual(known.get(market.id));
            expect(stateOf(market)).not.toEqual(known.get(market.id));
            known.set(market.id, stateOf(market));
          }
        };
        const requests: Promise<void>[] = [];
        for (const each of [...steps, 'wait', 'request', 'wait', 'request', 'wait']) {
          if (each === 'request') requests.push(request());
          if (Array.isArray(each)) {
            const markets = each.map(({ id = '', ...details }) => storedMarket(id, details));
            subscriptions.marketsChanged(markets);
            for (const market of markets) actual.set(market.id, stateOf(market));
          }
          await vi.advanceTimersByTimeAsync(each === 'wait' ? 600 : 0);
        }
        expect(known).toEqual(actual);
        await stream.return();
        await Promise.all(requests);
      };
      await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), run), { numRuns: 200 });
    });
  });
});
