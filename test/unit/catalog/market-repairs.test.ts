import { describe, expect, it } from 'vitest';
import { validateMarketInput } from '../../../src/catalog/market-input.js';

/** The validated market, and the fields that were repaired or dropped. */
function validated(fields: Record<string, unknown>) {
  const validation = validateMarketInput({ id: 'm1', title: 'Will it?', ...fields });
  if (validation.market === undefined) throw new Error(`rejected: ${validation.problem.message}`);
  const named = (dropped: boolean) =>
    validation.repairs.filter((repair) => repair.dropped === dropped).map(({ field }) => field);
  return { market: validation.market, repaired: named(false), dropped: named(true) };
}

describe('repairs of invalid optional fields', () => {
  it('do not block updates of identity, status, and price', () => {
    const { market, repaired, dropped } = validated({
      title: 'Will the harbour bridge open? '.repeat(17).slice(0, 503),
      status: 'RESOLVED',
      probability: 1.000_000_2,
      volume24h: -5e-14,
      imageUrl: '//cdn.example/a.png',
      url: 'javascript:alert(1)',
      tags: [null, ...Array.from({ length: 70 }, (_, index) => `tag ${index}`)],
    });
    expect(market).toMatchObject({
      ...{ id: 'm1', status: 'RESOLVED', probability: 1, volume24h: 0 },
      imageUrl: 'https://cdn.example/a.png',
    });
    expect(market.title?.length).toBeLessThanOrEqual(500);
    expect(market.tags).toEqual(Array.from({ length: 64 }, (_, index) => `tag ${index}`));
    expect(market).not.toHaveProperty('url', expect.anything());
    expect(repaired.toSorted()).toEqual(['imageUrl', 'tags', 'title']);
    expect(dropped).toEqual(['url']);
  });

  it.each<[string, unknown, unknown]>([
    ['description', `${'x'.repeat(100_000)}y`, `${'x'.repeat(99_999)}…`],
    ['description', 'a\0b\ud800c', 'abc'],
    ['category', 'A very long category. '.repeat(9), expect.stringMatching(/^A very long.{40,88}…$/)],
    ['title', 'Round 4 \u0096 Group', 'Round 4 – Group'],
    ['participantCount', 12.000_000_1, 12],
    ['participantCount', 1.5, 2],
    ['participantCount', 3e9, 2_147_483_647],
    ['imageUrl', ' https://cdn.example/a.png ', 'https://cdn.example/a.png'],
    ['editorialBoost', 1.000_000_1, 1],
    ['volumeTotal', -1e-9, 0],
  ])('repair %s', (field, given, expected) => {
    expect(validated({ [field]: given }).market).toMatchObject({ [field]: expected });
  });

  it.each<[string, unknown]>([
    ['title', ''],
    ['title', 'Will \u001b[31mit?'],
    ['title', 'Will \u202Eit?'],
    ['category', 'a\u0007b'],
    ['category', 'a\u0081b'],
    ['tags', 'politics'],
    ['volume24h', -5],
    ['volumeTotal', Infinity],
    ['participantCount', -1],
    ['imageUrl', 'ftp://example.com/a.png'],
    ['eventKey', ''],
    ['source', 'x'.repeat(101)],
  ])('drop %s if it cannot be repaired', (field, given) => {
    const { market, dropped } = validated({ [field]: given });
    expect(dropped).toEqual([field]);
    expect(market).not.toHaveProperty(field, expect.anything());
  });

  it('name the field, whether it was dropped, and the reason', () => {
    const { repairs } = validateMarketInput({ id: 'm1', volume24h: -5 }) as { repairs: unknown };
    expect(repairs).toEqual([{ field: 'volume24h', dropped: true, reason: 'must be 0 or more' }]);
  });

  it('truncate a title after a word and never within a grapheme', () => {
    const family = '👨‍👩‍👧‍👦';
    const words = validated({ title: `${'word '.repeat(99)}lastword and more` }).market.title;
    expect(words).toBe(`${'word '.repeat(99).trim()}…`);
    const emoji = validated({ title: family.repeat(100) }).market.title;
    expect(emoji).toBe(`${family.repeat(45)}…`);
  });
});

describe('a title', () => {
  it('keeps joiners and direction marks, and replaces line breaks by spaces', () => {
    const { market, repaired, dropped } = validated({ title: '👩‍🚀 Will\tit\r\nfly? \u200fכן' });
    expect(market.title).toBe('👩‍🚀 Will it fly? \u200fכן');
    expect([...repaired, ...dropped]).toEqual([]);
  });
});

describe('a long hostile text', () => {
  it.each([' '.repeat(1_000_000), '\n'.repeat(1_000_000), '👨‍👩‍👧‍👦'.repeat(100_000)])(
    'is validated in linear time',
    (text) => {
      const startMs = performance.now();
      validateMarketInput({ id: 'm1', title: `${text}x`, tags: [`${text}x`], description: text });
      expect(performance.now() - startMs).toBeLessThan(2_000);
    },
  );
});

describe('an id', () => {
  it('may be an integer that JSON represents exactly', () => {
    expect(validateMarketInput({ id: 42 })).toMatchObject({ market: { id: '42' } });
  });

  it.each([2 ** 53, 2.17e37, 1.5, NaN])('is rejected as the number %d', (id) => {
    expect(validateMarketInput({ id }).problem?.message).toMatch(
      /^id must be text: [^;]+ 9007199254740991[^;]+$/,
    );
  });
});
