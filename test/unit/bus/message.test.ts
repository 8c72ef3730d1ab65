import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeInvalidation, encodeInvalidations } from '../../../src/bus/invalidation-message.js';
import { retryDelayMs } from '../../../src/bus/retry-delay.js';
import { UntoldChanges } from '../../../src/bus/untold-changes.js';

const userKey = fc.string({ unit: 'binary', maxLength: 128 }).filter((key) => key.length <= 128);
const origin = fc.string({ maxLength: 100 });

const keysOf = (payload: string) => decodeInvalidation(payload)?.changes;

describe('an invalidation message', () => {
  it('brings back who says so and every key in order, in payloads that PostgreSQL takes', () => {
    fc.assert(
      fc.property(origin, fc.array(userKey, { minLength: 1, maxLength: 200 }), (from, keys) => {
        const payloads = encodeInvalidations(from, keys);
        expect(payloads.flatMap(keysOf)).toEqual(keys);
        for (const payload of payloads) {
          expect(decodeInvalidation(payload)?.origin).toBe(from);
          expect(Buffer.byteLength(payload)).toBeLessThan(8_000);
        }
      }),
    );
  });

  it('is filled as far as it goes', () => {
    const keys = Array.from({ length: 5_000 }, () => 'a');
    const sizes = encodeInvalidations('origin', keys).map((payload) => Buffer.byteLength(payload));
    expect(sizes.length).toBeGreaterThan(1);
    for (const size of sizes.slice(0, -1)) expect(Math.abs(size - 7_997)).toBeLessThanOrEqual(2);
  });

  it('tells everyone from a user key that looks like it', () => {
    expect(encodeInvalidations('origin', 'everyone').map(keysOf)).toEqual(['everyone']);
    expect(encodeInvalidations('origin', ['everyone', '*']).map(keysOf)).toEqual([['everyone', '*']]);
  });

  it.each(['', 'null', '{}', '[]', '["a"]', '["a",null]', '["a",[1]]', '[1,["b"]]', '["a","b"]', '[['])(
    'is not %s',
    (payload) => {
      expect(decodeInvalidation(payload)).toBeUndefined();
    },
  );
});

describe('the changes not told yet', () => {
  it('are handed over once, each key once', () => {
    const untold = new UntoldChanges();
    untold.add(['ada', 'grace']);
    untold.add(['ada']);
    expect(untold.isEmpty).toBe(false);
    expect(untold.take()).toEqual(['ada', 'grace']);
    expect(untold.isEmpty).toBe(true);
    expect(untold.take()).toBeUndefined();
  });

  it('become everyone when they are more than 10,000, and stay it until handed over', () => {
    const untold = new UntoldChanges();
    for (let index = 0; index < 10_000; index++) untold.add([`user-${index}`]);
    expect(untold.take()).toHaveLength(10_000);
    for (let index = 0; index <= 10_000; index++) untold.add([`user-${index}`]);
    untold.add(['ada']);
    expect(untold.take()).toBe('everyone');
    expect(untold.take()).toBeUndefined();
    untold.add('everyone');
    expect(untold.take()).toBe('everyone');
  });
});

describe('the delay before the next attempt', () => {
  it('doubles up to its bound, between half and one and a half of that at random', () => {
    const delays = (random: number) =>
      [1, 2, 3, 4, 5_000].map((failed) => retryDelayMs(failed, { minMs: 50, maxMs: 300 }, random));
    expect(delays(0.5)).toEqual([50, 100, 200, 300, 300]);
    expect(delays(0)).toEqual([25, 50, 100, 150, 150]);
  });
});
