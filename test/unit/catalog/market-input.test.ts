import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyMarketInput, validateMarketInput, distinctTags } from '../../../src/catalog/market-input.js';
import type { MarketRecord } from '../../../src/domain/market.js';
import { storedMarket } from '../../support/stored-market.js';

const now = new Date('2026-06-15T12:00:00Z');

function validated(fields: Record<string, unknown>) {
  const { market, problem } = validateMarketInput({ id: 'm1', title: 'Will it?', ...fields });
  if (market === undefined) throw new Error(`This market was rejected: ${problem.message}`);
  return market;
}

const reasonFor = (fields: Record<string, unknown>) =>
  validateMarketInput({ id: 'm1', title: 'Will it?', ...fields }).problem?.message;

function applied(stored: MarketRecord | undefined, fields: Record<string, unknown>): MarketRecord {
  const input = validated(fields);
  return applyMarketInput(stored, { ...input, title: input.title ?? 'Will it?' }, now);
}

/** A market with a value in every field. */
const full = storedMarket('m1', {
  title: 'Will it?',
  description: 'About it.',
  category: 'Sports',
  tags: ['Football'],
  probability: 0.25,
  volume24h: 10,
  volumeTotal: 20,
  participantCount: 3,
  volumeUnit: 'USD',
  imageUrl: '/it.svg',
  url: 'https://example.com/it',
  status: 'CLOSED',
  createdAt: new Date('2026-01-02T00:00:00Z'),
  closesAt: new Date('2026-12-30T00:00:00Z'),
  resolvesAt: new Date('2026-12-31T00:00:00Z'),
  asOf: new Date('2026-06-01T00:00:00Z'),
  editorialDescription: 'We say.',
  editorialBoost: 0.5,
  eventKey: 'cup',
  source: 'site',
  blockedCountries: ['DE'],
});

describe('a title', () => {
  it.each(['\u200b\u200d', '\u2800', '\u3164 \u115f', '\u00ad\ufe0f', '\u2003'])(
    'is dropped without a visible character: %j',
    (title) => {
      expect(validateMarketInput({ id: 'm1', title }).market?.title).toBeUndefined();
    },
  );

  it('loses only the tag without a visible character', () => {
    const { market } = validateMarketInput(
      { id: 'm1', title: 'Will it?', tags: ['good', '\u2800', 'also'] },
      0,
    );
    expect(market?.tags).toEqual(['good', 'also']);
  });

  it('may contain an emoji with an invisible joiner', () => {
    expect(validateMarketInput({ id: 'm1', title: '👩\u200d🚀' }).market?.title).toBe('👩\u200d🚀');
  });
});

describe('applyMarketInput', () => {
  it('creates an open market from an id and a title', () => {
    expect(applied(undefined, {})).toEqual({
      ...storedMarket('m1'),
      number: 0,
      title: 'Will it?',
      category: 'Other',
      probability: null,
      ...{ volume24h: null, volumeTotal: null, participantCount: null },
      ...{ createdAt: now, updatedAt: now, asOf: now },
    });
  });

  it('keeps stored values of omitted fields', () => {
    expect(applied(full, {})).toEqual(full);
    expect(applied(full, { volume24h: 0 })).toEqual({ ...full, volume24h: 0, asOf: now });
  });

  it('accepts an update without a title', () => {
    expect(validateMarketInput({ id: 'm1', probability: 0.5 })).toEqual({
      market: { id: 'm1', probability: 0.5 },
      repairs: [],
    });
  });

  it('clears fields that are null', () => {
    const { id, title, ...fields } = full;
    const nothing = Object.fromEntries(Object.keys(fields).map((field) => [field, null]));
    expect(applied(full, nothing)).toEqual({
      ...applied(undefined, { id, title }),
      ...{ number: full.number, updatedAt: full.updatedAt, asOf: now },
    });
  });

  it('stores every given field', () => {
    expect(applied(undefined, { ...full })).toEqual({ ...full, number: 0, updatedAt: now });
    expect(applied(storedMarket('m1'), { ...full })).toEqual(full);
  });

  it('accepts times with any UTC offset', () => {
    expect(applied(undefined, { createdAt: '2026-06-15T14:30:00+02:30' }).createdAt).toEqual(now);
  });

  it('converts countries to upper case and trims texts', () => {
    expect(validated({ blockedCountries: ['de', 'Fr'] }).blockedCountries).toEqual(['DE', 'FR']);
    expect(validated({ title: ' Will it? ', category: ' Sports ' })).toMatchObject({
      title: 'Will it?',
      category: 'Sports',
    });
  });
});

describe('distinctTags', () => {
  it('keeps the first spelling of tags that differ in case only', () => {
    expect(validated({ tags: ['EU', 'Elections', ' eu ', 'ELECTIONS', 'Eu'] }).tags).toEqual([
      'EU',
      'Elections',
    ]);
  });

  it('keeps each key once, in the order of first occurrence', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'A', 'b', 'B', 'c', 'É', 'é')), (labels) => {
        const distinct = distinctTags(labels);
        expect(distinct.map((tag) => tag.toLowerCase())).toEqual([
          ...new Set(labels.map((tag) => tag.toLowerCase())),
        ]);
        for (const tag of distinct) {
          expect(labels.find((label) => label.toLowerCase() === tag.toLowerCase())).toBe(tag);
        }
      }),
    );
  });
});

describe('openPastDue of a market past its resolution time', () => {
  const past = new Date(now.getTime() - 1);
  const due = storedMarket('m1', { title: 'Will it?', resolvesAt: past });

  it.each<[string, MarketRecord | undefined, Record<string, unknown>, boolean]>([
    ['is true if the market is reported as open', due, { status: 'OPEN' }, true],
    [
      'is true if the market is new and reported as open',
      undefined,
      { status: 'OPEN', resolvesAt: past },
      true,
    ],
    ['is false if the status is omitted', due, { probability: 0.7 }, false],
    ['is false if the market is new and the status is omitted', undefined, { resolvesAt: past }, false],
    ['stays true if the status is omitted', { ...due, openPastDue: true }, { probability: 0.7 }, true],
    ['is false if the market is closed', { ...due, openPastDue: true }, { status: 'CLOSED' }, false],
    [
      'is false if the resolution time moves to the future',
      { ...due, openPastDue: true },
      { resolvesAt: '2026-07-01T00:00:00Z' },
      false,
    ],
    [
      'is false if trading ends in the future',
      { ...due, openPastDue: true },
      { closesAt: '2026-07-01T00:00:00Z' },
      false,
    ],
    [
      'is true if the market is reported as open after trading ended',
      storedMarket('m1', { closesAt: past, resolvesAt: new Date('2026-07-01T00:00:00Z') }),
      { status: 'OPEN' },
      true,
    ],
    [
      'is false if a late input reports it as open',
      { ...due, asOf: now },
      { status: 'OPEN', asOf: past },
      false,
    ],
    [
      'is false if the resolution time is cleared',
      { ...due, openPastDue: true },
      { resolvesAt: null },
      false,
    ],
  ])('%s', (_, stored, fields, openPastDue) => {
    expect(applied(stored, fields).openPastDue).toBe(openPastDue);
  });
});

describe('validateMarketInput', () => {
  it.each<[string, unknown]>([
    ['id', ''],
    ['id', 'x'.repeat(129)],
    ['id', 'a\0b'],
    ['probability', 1.01],
    ['probability', '0.5'],
    ['status', 'open'],
    ['createdAt', 'yesterday'],
    ['createdAt', '2026-02-30T00:00:00Z'],
    ['createdAt', '2026-06-15T12:00:00'],
    ['resolvesAt', '0000-01-01T00:00:00Z'],
    ['resolvesAt', new Date(NaN)],
    ['editorialBoost', 1.1],
  ])('names the invalid field %s', (field, value) => {
    expect(reasonFor({ [field]: value })).toMatch(new RegExp(`^${field} [^;]+\\.$`));
  });

  it('names the index of an invalid list entry', () => {
    expect(reasonFor({ blockedCountries: ['DE', 'UK'] })).toMatch(/^blockedCountries\.1 .*ISO 3166-1/);
  });

  it('describes the valid format and range of times', () => {
    expect(reasonFor({ createdAt: 'yesterday' })).toBe('createdAt must be an ISO 8601 instant.');
    expect(reasonFor({ resolvesAt: '0000-01-01T00:00:00Z' })).toBe(
      'resolvesAt must be in the years 1 to 9999.',
    );
  });

  it('lists all invalid fields', () => {
    expect(
      reasonFor({ status: 'open', probability: 2, editorialBoost: 2 })
        ?.split('; ')
        .map((reason) => reason.split(' ')[0]),
    ).toEqual(['probability', 'status', 'editorialBoost']);
  });

  it.each([null, undefined, 'market', 7])('rejects a value that is not an object: %j', (input) => {
    expect(validateMarketInput(input, 3).problem).toMatchObject({
      ...{ index: 3, field: '', code: 'INVALID', message: expect.stringMatching(/^The market /) as string },
    });
  });

  it.each(['url', 'imageUrl'])('drops a %s that would run code or lead to another site', (field) => {
    for (const value of [
      'javascript:alert(1)',
      ' javascript:alert(1)',
      'data:text/html,x',
      'ftp://example.com',
      '/\\example.com',
      '/\t/example.com',
      'page',
      '',
    ]) {
      expect(validateMarketInput({ id: 'm1', [field]: value })).toEqual({
        market: { id: 'm1', [field]: undefined },
        repairs: [{ field, dropped: true, reason: 'must be an http(s) URL or a path that begins with /' }],
      });
    }
    for (const value of ['http://example.com', 'https://example.com/a b?c#d', '/', '/images/it.svg']) {
      expect(validated({ [field]: value })).toMatchObject({ [field]: value });
    }
  });
});
