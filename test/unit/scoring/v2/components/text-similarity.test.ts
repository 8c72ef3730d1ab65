import { expect, it } from 'vitest';
import { noVectors, setVectors, singleVector } from '../../../../../src/catalog/columns/vector-columns.js';
import { toPastMarket } from '../../../../../src/catalog/columns/market-terms.js';
import type { MarketColumns, PastLookup } from '../../../../../src/scoring/v2/features.js';
import { ScorerV2 } from '../../../../../src/scoring/v2/scorer.js';
import { textOnly } from '../../../../support/component-of.js';
import {
  columnsOfMarkets,
  CONSTANTS,
  engagementOf,
  IMPRESSIONS,
  NOW_MS,
  partsAt,
  trendsOf,
  userOf,
} from '../../../../support/scoring-v2.js';

/** 512 numbers, of which the first are given. */
const vector = (...first: number[]): Int8Array => Int8Array.from({ length: 512 }, (_, i) => first[i] ?? 0);

/** `textSimilarity` of the markets a, b, c, and d; d has no vector. */
function valuesOf(
  engaged: readonly string[],
  columns: MarketColumns = withVectors(),
  past: PastLookup = () => undefined,
) {
  const user = userOf({ engagements: engaged.map((id) => engagementOf(id)) });
  const scores = new ScorerV2(CONSTANTS, IMPRESSIONS).score(
    columns,
    trendsOf(columns.size),
    user,
    past,
    NOW_MS,
  );
  return columns.ids.map((_, row) => partsAt(scores, row).textSimilarity);
}

function withVectors(): MarketColumns {
  const columns = columnsOfMarkets(...['a', 'b', 'c', 'd'].map((id) => textOnly(id, id)));
  const found = [vector(3, 4), vector(4, 3), vector(-3, -4)].map(
    (values, row) => [row, { model: 'm', values }] as const,
  );
  return { ...columns, vectors: setVectors(noVectors(4), found) };
}

it('is the cosine of text vectors with the latest engaged market, 0 for itself and for a negative cosine', () => {
  expect(valuesOf(['a', 'c'])).toEqual([0, expect.closeTo(24 / 25, 12), 0, 0]);
});

it('is 0 if the latest engaged market has no vector, and without engagements or vectors', () => {
  expect(valuesOf(['d', 'a'])).toEqual([0, 0, 0, 0]);
  expect(valuesOf([])).toEqual([0, 0, 0, 0]);
  expect(valuesOf(['a'], { ...withVectors(), vectors: null })).toEqual([0, 0, 0, 0]);
});

it('compares a past market by its own vector, unless another model computed it', () => {
  const past = (model: string) => () =>
    toPastMarket(textOnly('z', 'z'), singleVector({ model, values: vector(0, 7) }));
  expect(valuesOf(['z'], withVectors(), past('m'))).toEqual([
    expect.closeTo(0.8, 12),
    expect.closeTo(0.6, 12),
    ...[0, 0],
  ]);
  expect(valuesOf(['z'], withVectors(), past('n'))).toEqual([0, 0, 0, 0]);
});
