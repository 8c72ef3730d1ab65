import { describe, expect, it } from 'vitest';
import { isoInstant, parseInstant } from '../../../../../src/catalog/importers/formats/record-fields.js';

describe('parseInstant and isoInstant', () => {
  it.each([
    ['2025-06-20T00:00:00Z', '2025-06-20T00:00:00.000Z'],
    ['2025-06-20', '2025-06-20T00:00:00.000Z'],
    ['2025-06-20T01:30', '2025-06-20T01:30:00.000Z'],
    ['2025-06-20T01:30:00', '2025-06-20T01:30:00.000Z'],
    ['2020-11-02 16:31:01+00', '2020-11-02T16:31:01.000Z'],
    ['2025-06-20T01:30:00.932435+02:00', '2025-06-19T23:30:00.932Z'],
    ['2025-06-20T01:30:00.5-0530', '2025-06-20T07:00:00.500Z'],
    ['2024-02-29t00:00:00z', '2024-02-29T00:00:00.000Z'],
    ['1958-07-16T06:17:21Z', '1958-07-16T06:17:21.000Z'],
  ])('parse %s as %s', (text, iso) => {
    expect(isoInstant(parseInstant(text) ?? NaN)).toBe(iso);
  });

  it.each(['', 'now', '2025-02-29', '2025-13-01', '2025-06-31T00:00:00Z', '2025-06-20T25:00Z', '1750000000'])(
    'do not parse %j',
    (text) => {
      expect(parseInstant(text)).toBeUndefined();
    },
  );

  it('format no instant outside the years 1–9999', () => {
    expect(isoInstant(Date.parse('9999-12-31T23:59:59.999Z'))).toBe('9999-12-31T23:59:59.999Z');
    expect(isoInstant(Date.parse('9999-12-31T23:59:59.999Z') + 1)).toBeUndefined();
    expect(isoInstant(NaN)).toBeUndefined();
  });
});
