import { expect, it } from 'vitest';
import { lockKeys } from '../../../src/storage/advisory-locks.js';

it('gives each advisory lock a class of its own', () => {
  const locks: Record<Parameters<typeof lockKeys>[0], true> = {
    marketWriters: true,
    computation: true,
    partitions: true,
    relay: true,
    rollups: true,
  };
  const classes = (Object.keys(locks) as (keyof typeof locks)[]).map((lock) => lockKeys(lock).values[0]);

  expect(new Set(classes).size).toBe(Object.keys(locks).length);
});
