import { describe, expect, it } from 'vitest';
import { selectSlate } from '../../../../../src/feed/selectors/select-slate.js';
import type { Slate, SlateInput } from '../../../../../src/feed/selectors/slate.js';
import { config, slateInput, type Row } from '../slate-input.js';

const rowsOf = (slate: Slate): number[] => slate.items.map(({ row }) => row);
const onlyPersonal = { PERSONAL: 1, TRENDING: 0, LOCAL: 0, RISING: 0, EXPLORATION: 0 };
const NO_LIMITS = { perCategory: 9, perEventFirst: 10, perEventPage: 20 };

/** Selection by `dpp` without limits, serendipity, and threshold unless they are given. */
function withDpp(constants: Partial<SlateInput['config']['diversity']['dpp']> = {}): SlateInput['config'] {
  const dpp = { theta: 0.65, serendipity: 0, topicThreshold: 0, ...constants };
  return { quotas: onlyPersonal, diversity: { ...config.diversity, ...NO_LIMITS, method: 'dpp', dpp } };
}

/** Two of topic 0 with the highest scores, then one each of topics 1 and 2. */
const rows: Row[] = [
  { personal: 10, topics: [0], category: 0 },
  { personal: 9, topics: [0], category: 0 },
  { personal: 6, topics: [1], category: 1 },
  { personal: 0, topics: [2], category: 2 },
];

describe('selection by dpp', () => {
  it('maximizes θ · relevance + (1 − θ) · ln(residual) at each position', () => {
    // Row 1 after row 0: 0.65 · 0.9 + 0.35 · ln(0.0975) = −0.23; row 2: 0.65 · 0.6 = 0.39; row 3: 0.
    const slate = selectSlate(slateInput(rows, { limit: 4, config: withDpp() }));
    expect(rowsOf(slate)).toEqual([0, 2, 3, 1]);
  });

  it('orders by score alone if θ is 1, and by difference alone if θ is 0', () => {
    expect(rowsOf(selectSlate(slateInput(rows, { limit: 4, config: withDpp({ theta: 1 }) })))).toEqual([
      0, 1, 2, 3,
    ]);
    expect(rowsOf(selectSlate(slateInput(rows, { limit: 4, config: withDpp({ theta: 0 }) })))).toEqual([
      0, 2, 3, 1,
    ]);
  });

  it('prefers markets unlike those that the user engaged with, by the serendipity', () => {
    const apart = rows.map((row, i) => ({ ...row, topics: [i] }));
    const order = (serendipity: number): number[] =>
      rowsOf(
        selectSlate(
          slateInput(apart, {
            limit: 4,
            config: withDpp({ serendipity }),
            // Row 1 equals an engaged market: 0.9 · (1 − 0.5) = 0.45, below 0.6 of row 2.
            familiarity: (of) => Float64Array.from(of, (row) => Number(row === 1)),
          }),
        ),
      );
    expect(order(0)).toEqual([0, 1, 2, 3]);
    expect(order(0.2)).toEqual([0, 1, 2, 3]);
    expect(order(0.5)).toEqual([0, 2, 1, 3]);
  });

  it('selects no market that lowers the mean topic distance below the threshold while another does not', () => {
    const order = (topicThreshold: number): number[] =>
      rowsOf(selectSlate(slateInput(rows, { limit: 4, config: withDpp({ theta: 1, topicThreshold }) })));
    expect(order(0)).toEqual([0, 1, 2, 3]);
    // After rows 0 and 2, row 1 gives distances 1, 0, 1: a mean of 2/3.
    expect(order(0.3)).toEqual([0, 2, 1, 3]);
    expect(order(0.7)).toEqual([0, 2, 3, 1]);
  });

  it('keeps the order of scores if all markets are equal but for their scores', () => {
    const equal = Array.from({ length: 12 }, (_, i) => ({ personal: 12 - i, topics: [0], category: 0 }));
    const slate = selectSlate(slateInput(equal, { limit: 12, config: withDpp({ topicThreshold: 0.3 }) }));
    expect(rowsOf(slate)).toEqual(equal.map((_, i) => i));
  });

  it('breaks ties by volume, then by row', () => {
    const equal = [{}, { volume: 1 }, {}].map((row, i) => ({ ...row, topics: [i], category: i }));
    expect(rowsOf(selectSlate(slateInput(equal, { limit: 3, config: withDpp() })))).toEqual([1, 0, 2]);
  });

  it('compares at most the best 150, and looks further when the limits admit none of them', () => {
    const many = Array.from({ length: 400 }, (_, i) => ({
      personal: 400 - i,
      topics: [i < 390 ? 0 : i],
      category: i < 390 ? 0 : i,
    }));
    const diversity = { ...withDpp().diversity, perCategory: 3 };
    const slate = selectSlate(slateInput(many, { limit: 9, config: { quotas: onlyPersonal, diversity } }));
    expect(rowsOf(slate).filter((row) => row < 390)).toEqual([0, 1, 2]);
    expect(slate.notes).toEqual([]);
  });

  it('does not depend on its settings if the method is mmr', () => {
    const diversity = { ...config.diversity, dpp: { theta: 0, serendipity: 1, topicThreshold: 1 } };
    const input = slateInput(rows, { limit: 4 });
    expect(selectSlate({ ...input, config: { ...config, diversity } })).toEqual(selectSlate(input));
  });
});
