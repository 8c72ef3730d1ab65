import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyMarketInput, checkMarketInput, distinctTags } from '../../../src/catalog/market-input.js';
import type { MarketRecord } from '../../../src/domain/market.js';
import { storedMarket } from '../../support/stored-market.js';

const now = new Date('2026-06-15T12:00:00Z');

function checked(fields: Record<string, unknown>) {
  const { market, fault } = checkMarketInput({ id: 'm1', title: 'Will it?', ...fields });
  if (market === undefined) throw new Error(`This market was refused: ${fault}`);
  return market;
}

const faultOf = (fields: Record<string, unknown>) =>
  checkMarketInput({ id: 'm1', title: 'Will it?', ...fields }).fault;

function applied(stored: MarketRecord | undefined, fields: Record<string, unknown>): MarketRecord {
  const input = checked(fields);
  return applyMarketInput(stored, { ...input, title: input.title ?? 'Will it?' }, now);
}

/** A market that has something everywhere. */
const full = storedMarket('m1', {
  title: 'Will it?',
  description: 'About it.',
  category: 'Sports',
  tags: ['Football'],
  probability: 0.25,
  volume24h: 10,
  volumeTotal: 20,
  participantCount: 3,
  imageUrl: '/it.svg',
  url: 'https://example.com/it',
  status: 'CLOSED',
  createdAt: new Date('2026-01-02T00:00:00Z'),
  resolvesAt: new Date('2026-12-31T00:00:00Z'),
  editorialDescription: 'We say.',
  editorialBoost: 0.5,
  eventKey: 'cup',
  source: 'site',
  blockedCountries: ['DE'],
});

describe('a title', () => {
  it.each(['\u200b\u200d', '\u2800', '\u3164 \u115f', '\u00ad\ufe0f', '\u2003'])(
    'without a visible character is rejected: %j',
    (title) => {
      expect(checkMarketInput({ id: 'm1', title }).market?.title).toBeUndefined();
    },
  );

  it('keeps its tags but for one without a visible character', () => {
    const { market } = checkMarketInput({ id: 'm1', title: 'Will it?', tags: ['good', '\u2800', 'also'] });
    expect(market?.tags).toEqual(['good', 'also']);
  });

  it('may have an emoji that is joined by an invisible character', () => {
    expect(checkMarketInput({ id: 'm1', title: '👩\u200d🚀' }).market?.title).toBe('👩\u200d🚀');
  });
});

describe('a market as given', () => {
  it('needs an id and a title alone, and is open and new without more', () => {
    expect(applied(undefined, {})).toEqual({
      ...storedMarket('m1'),
      number: 0,
      title: 'Will it?',
      category: 'Other',
      probability: null,
      createdAt: now,
    });
  });

  it('keeps what is stored where the input says nothing', () => {
    expect(applied(full, {})).toEqual(full);
    expect(applied(full, { volume24h: 0 })).toEqual({ ...full, volume24h: 0 });
  });

  it('may be named by its id alone', () => {
    expect(checkMarketInput({ id: 'm1', probability: 0.5 })).toEqual({
      market: { id: 'm1', probability: 0.5 },
      repairs: [],
    });
  });

  it('loses what the input takes away with null', () => {
    const { id, title, ...fields } = full;
    const nothing = Object.fromEntries(Object.keys(fields).map((field) => [field, null]));
    expect(applied(full, nothing)).toEqual({ ...applied(undefined, { id, title }), number: full.number });
  });

  it('takes over all that is given', () => {
    expect(applied(undefined, { ...full })).toEqual({ ...full, number: 0 });
    expect(applied(storedMarket('m1'), { ...full })).toEqual(full);
  });

  it('has its times from instants with any offset', () => {
    expect(applied(undefined, { createdAt: '2026-06-15T14:30:00+02:30' }).createdAt).toEqual(now);
  });

  it('has countries in upper case and texts without spaces around them', () => {
    expect(checked({ blockedCountries: ['de', 'Fr'] }).blockedCountries).toEqual(['DE', 'FR']);
    expect(checked({ title: ' Will it? ', category: ' Sports ' })).toMatchObject({
      title: 'Will it?',
      category: 'Sports',
    });
  });
});

describe('tags that differ in case alone', () => {
  it('are one, where and as first written', () => {
    expect(checked({ tags: ['EU', 'Elections', ' eu ', 'ELECTIONS', 'Eu'] }).tags).toEqual([
      'EU',
      'Elections',
    ]);
  });

  it('leave each key once and in the order of its first appearance', () => {
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

describe('a market past its time of resolution', () => {
  const past = new Date(now.getTime() - 1);
  const due = storedMarket('m1', { title: 'Will it?', resolvesAt: past });

  it.each<[string, MarketRecord | undefined, Record<string, unknown>, boolean]>([
    ['is overdue when it is reported as open', due, { status: 'OPEN' }, true],
    ['is overdue when it is new and reported as open', undefined, { status: 'OPEN', resolvesAt: past }, true],
    ['is not when its status is not said', due, { probability: 0.7 }, false],
    ['is not when it is new and its status is not said', undefined, { resolvesAt: past }, false],
    ['stays overdue without a word on its status', { ...due, openPastDue: true }, { probability: 0.7 }, true],
    ['is not when it is closed', { ...due, openPastDue: true }, { status: 'CLOSED' }, false],
    [
      'is not when it gets a later time',
      { ...due, openPastDue: true },
      { resolvesAt: '2026-07-01T00:00:00Z' },
      false,
    ],
    ['is not without a time', { ...due, openPastDue: true }, { resolvesAt: null }, false],
  ])('%s', (_, stored, fields, openPastDue) => {
    expect(applied(stored, fields).openPastDue).toBe(openPastDue);
  });
});

describe('a wrong market', () => {
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
  ])('is told by the name of its field: %s', (field, value) => {
    expect(faultOf({ [field]: value })).toMatch(new RegExp(`^${field}: [^;]+$`));
  });

  it('is told by the place in a list', () => {
    expect(faultOf({ blockedCountries: ['DE', 'UK'] })).toMatch(/^blockedCountries\.1: .*ISO 3166-1/);
  });

  it('has no instants in words', () => {
    expect(faultOf({ createdAt: 'yesterday' })).toBe('createdAt: must be an ISO 8601 instant');
    expect(faultOf({ resolvesAt: '0000-01-01T00:00:00Z' })).toBe(
      'resolvesAt: must be in the years 1 to 9999',
    );
  });

  it('is told with all its faults together', () => {
    expect(
      faultOf({ status: 'open', probability: 2, editorialBoost: 2 })
        ?.split('; ')
        .map((fault) => fault.split(':')[0]),
    ).toEqual(['probability', 'status', 'editorialBoost']);
  });

  it.each([null, undefined, 'market', 7])('is one that is no object: %j', (input) => {
    expect(checkMarketInput(input).fault).toMatch(/^market: /);
  });

  it.each(['url', 'imageUrl'])('loses the %s that would run code or lead elsewhere', (field) => {
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
      expect(checkMarketInput({ id: 'm1', [field]: value })).toEqual({
        market: { id: 'm1', [field]: undefined },
        repairs: [{ field, dropped: true, reason: 'must be an http(s) URL or a path that begins with /' }],
      });
    }
    for (const value of ['http://example.com', 'https://example.com/a b?c#d', '/', '/images/it.svg']) {
      expect(checked({ [field]: value })).toMatchObject({ [field]: value });
    }
  });
});
