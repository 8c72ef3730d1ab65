import { expect, it } from 'vitest';
import { rankRequest } from '../../../src/feed/requests.js';

const candidate = (fields: object) => ({ candidates: [{ id: 'a', title: 'A?', ...fields }] });

it('accepts numbers that exceed their range by a rounding error', () => {
  const fields = { probability: 1.000_000_2, volume24h: -5e-14, volumeTotal: -1e-9, editorialBoost: -1e-9 };
  expect(rankRequest.parse(candidate(fields)).candidates).toMatchObject([
    { probability: 1, volume24h: 0, volumeTotal: 0, editorialBoost: 0 },
  ]);
});

it.each([{ probability: 1.01 }, { volume24h: -1 }, { editorialBoost: 2 }])('rejects %j', (fields) => {
  expect(rankRequest.safeParse(candidate(fields)).success).toBe(false);
});
