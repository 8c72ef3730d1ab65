import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { weightedSum } from '../../../../src/scoring/v2/component.js';

describe('weighted sum', () => {
  it('adds any number of components in order, to the bit', () => {
    const value = fc.double({ min: 0, max: 1, noNaN: true });
    const component = fc.record({
      weight: fc.double({ min: 0, max: 10, noNaN: true }),
      values: fc.array(value, { minLength: 3, maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(component, { maxLength: 10 }), (components) => {
        const sum = Float64Array.of(7, 8, 9);
        weightedSum(
          components.map(({ weight }) => weight),
          components.map(({ values }) => Float64Array.from(values)),
          sum,
        );
        const expected = [0, 1, 2].map((row) =>
          components.reduce((total, { weight, values }) => total + weight * (values[row] ?? NaN), 0),
        );
        expect([...sum]).toEqual(expected);
      }),
    );
  });
});
