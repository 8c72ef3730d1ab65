import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodecReader } from '../../../src/storage/codec/codec-reader.js';
import { CodecWriter } from '../../../src/storage/codec/codec-writer.js';

const writer = new CodecWriter();

function rounded(value: number): Uint8Array {
  writer.rounded(value);
  return writer.take().bytes;
}

function probability(value: number | null): Uint8Array {
  writer.probability(value);
  return writer.take().bytes;
}

describe('a rounded number', () => {
  it.each([0, 1, 120, 999, 1_000, 123_000, 1.5e9, 9.99e17])(
    'takes at most two bytes when it is %d',
    (value) => {
      const bytes = rounded(value);
      expect(bytes.length).toBeLessThanOrEqual(2);
      expect(new CodecReader(bytes).rounded()).toBe(value);
    },
  );

  it('is read exactly as written for any value', () => {
    const number = fc.oneof(
      fc.double({ noNaN: true }),
      fc.integer(),
      fc.constantFrom(-0, 1_001, 1e18, 12_345.67),
    );
    fc.assert(
      fc.property(number, (value) => {
        expect(new CodecReader(rounded(value)).rounded()).toBe(value);
      }),
    );
  });
});

describe('a probability', () => {
  it.each([null, 0, 0.5, 0.435, 0.0001, 1])('takes at most two bytes when it is %s', (value) => {
    const bytes = probability(value);
    expect(bytes.length).toBeLessThanOrEqual(2);
    expect(new CodecReader(bytes).probability()).toBe(value);
  });

  it('is read exactly as written for any value', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.double({ noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
        (value) => {
          expect(new CodecReader(probability(value)).probability()).toBe(value);
        },
      ),
    );
  });
});
