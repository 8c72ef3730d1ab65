import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeInvalidation,
  encodeInvalidations,
  PendingInvalidations,
} from '../../../src/bus/invalidation-message.js';

const userKey = fc.string({ unit: 'binary', maxLength: 128 }).filter((key) => key.length <= 128);
const origin = fc.string({ maxLength: 100 });

const keysOf = (payload: string) => decodeInvalidation(payload)?.changes;

describe('an invalidation message', () => {
  it('decodes to its origin and every key in order, in payloads that PostgreSQL accepts', () => {
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

  it('is filled up to the size limit when there are more keys', () => {
    const keys = Array.from({ length: 5_000 }, () => 'a');
    const sizes = encodeInvalidations('origin', keys).map((payload) => Buffer.byteLength(payload));
    expect(sizes.length).toBeGreaterThan(1);
    for (const size of sizes.slice(0, -1)) expect(Math.abs(size - 7_997)).toBeLessThanOrEqual(2);
  });

  it('distinguishes all users from a user key that looks the same', () => {
    expect(encodeInvalidations('origin', 'all').map(keysOf)).toEqual(['all']);
    expect(encodeInvalidations('origin', ['all', '*']).map(keysOf)).toEqual([['all', '*']]);
  });

  it.each(['', 'null', '{}', '[]', '["a"]', '["a",null]', '["a",[1]]', '[1,["b"]]', '["a","b"]', '[['])(
    'is not decoded from %s',
    (payload) => {
      expect(decodeInvalidation(payload)).toBeUndefined();
    },
  );
});

describe('pending invalidations', () => {
  it('are taken once, each key once', () => {
    const pending = new PendingInvalidations();
    pending.add(['ada', 'grace']);
    pending.add(['ada']);
    expect(pending.isEmpty).toBe(false);
    expect(pending.take()).toEqual(['ada', 'grace']);
    expect(pending.isEmpty).toBe(true);
    expect(pending.take()).toBeUndefined();
  });

  it('become all users above 10,000 keys, until they are taken', () => {
    const pending = new PendingInvalidations();
    for (let index = 0; index < 10_000; index++) pending.add([`user-${index}`]);
    expect(pending.take()).toHaveLength(10_000);
    for (let index = 0; index <= 10_000; index++) pending.add([`user-${index}`]);
    pending.add(['ada']);
    expect(pending.take()).toBe('all');
    expect(pending.take()).toBeUndefined();
    pending.add('all');
    expect(pending.take()).toBe('all');
  });
});
