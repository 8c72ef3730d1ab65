import { expect, it } from 'vitest';
import { SESSION_LOCKS, TRANSACTION_LOCKS } from '../../../src/storage/database/advisory-locks.js';

it('gives each advisory lock its own number', () => {
  const numbers = [...Object.values(TRANSACTION_LOCKS), ...Object.values(SESSION_LOCKS)];

  expect(new Set(numbers).size).toBe(numbers.length);
});

it('keeps the numbers of earlier versions, which replicas use during a rolling upgrade', () => {
  expect(TRANSACTION_LOCKS).toMatchObject({
    ...{ marketWriters: 4_201_001, computation: 4_201_002, partitions: 4_201_003, relay: 4_201_004 },
    rollups: 4_201_005,
  });
  expect(SESSION_LOCKS).toMatchObject({ migrations: 72_707_369, embeddedServerUsers: 7_230_001 });
});
