import { existsSync, readdirSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { validateMarketInput } from '../../../src/catalog/market-input.js';
import { DAY_MS } from '../../../src/lib/time.js';
import { loadSampleCatalog, parseSampleFile, sampleImages } from '../../../src/sample/sample-catalog.js';

const nowMs = Date.UTC(2026, 4, 3, 17, 2, 30);
const markets = loadSampleCatalog(nowMs);
const ageDays = ({ createdAt }: { createdAt: string }) => (nowMs - Date.parse(createdAt)) / DAY_MS;

describe('loadSampleCatalog', () => {
  test('returns about 400 markets in at least 10 categories', () => {
    expect(markets.length).toBeGreaterThanOrEqual(380);
    expect(markets.length).toBeLessThanOrEqual(430);
    expect(new Set(markets.map(({ category }) => category)).size).toBeGreaterThanOrEqual(10);
  });

  test('returns at least 35 events of two or more markets', () => {
    const sizes = new Map<string, number>();
    for (const { eventKey } of markets) {
      if (eventKey !== undefined) sizes.set(eventKey, (sizes.get(eventKey) ?? 0) + 1);
    }
    expect([...sizes].filter(([, size]) => size < 2)).toEqual([]);
    expect(sizes.size).toBeGreaterThanOrEqual(35);
  });

  test('returns markets that all pass validation', () => {
    const reasons = markets.flatMap((market) => {
      const { problem } = validateMarketInput(market);
      return problem === undefined ? [] : [`${market.id}: ${problem.message}`];
    });
    expect(reasons).toEqual([]);
  });

  test('returns distinct ids, none of which is a prefix of another', () => {
    const ids = markets.map(({ id }) => id).sort();
    expect(ids.filter((id, index) => ids[index + 1]?.startsWith(id))).toEqual([]);
  });

  test('returns distinct questions without a year', () => {
    expect(new Set(markets.map(({ title }) => title)).size).toBe(markets.length);
    expect(
      markets.filter(({ title, description }) => /\b(19|20)\d\d\b/.test(`${title} ${description}`)),
    ).toEqual([]);
  });

  test('returns many markets younger than a day and a week, and some closed or resolved ones', () => {
    expect(markets.filter((market) => ageDays(market) < 1).length).toBeGreaterThanOrEqual(30);
    expect(markets.filter((market) => ageDays(market) < 7).length).toBeGreaterThanOrEqual(80);
    expect(markets.filter(({ status }) => status !== 'OPEN').length).toBeGreaterThanOrEqual(5);
  });

  test('returns creation times in the past, and resolution times in the future for open markets only', () => {
    for (const { id, status, createdAt, resolvesAt } of markets) {
      expect(Date.parse(createdAt), id).toBeLessThan(nowMs);
      expect(Date.parse(resolvesAt) > nowMs, id).toBe(status === 'OPEN');
    }
  });

  test('returns probabilities of exclusive markets that total at most 1', () => {
    const totals = new Map<string, number>();
    for (const { id, eventKey, probability } of markets) {
      if (/-(title|champions?|most-seats-uk|repeat)$/.test(id) && eventKey !== undefined) {
        totals.set(eventKey, (totals.get(eventKey) ?? 0) + probability);
      }
    }
    expect(totals.size).toBeGreaterThan(4);
    expect([...totals].filter(([, total]) => total > 1)).toEqual([]);
  });

  test('returns 3 to 9 news markets, because v1 ranks them first and they must not fill a page', () => {
    const breaking = markets.filter(({ tags }) => tags.includes('breaking') || tags.includes('news'));
    expect(breaking.length).toBeGreaterThanOrEqual(3);
    expect(breaking.length).toBeLessThanOrEqual(9);
  });

  test('returns sports markets that resolve in one to three days, and markets about several countries', () => {
    const soon = markets.filter(({ category, resolvesAt }) => {
      const days = (Date.parse(resolvesAt) - nowMs) / DAY_MS;
      return category === 'Sports' && days >= 1 && days <= 3;
    });
    expect(soon.length).toBeGreaterThanOrEqual(10);
    for (const tag of ['israel', 'usa', 'uk', 'germany', 'brazil', 'india', 'japan', 'france']) {
      expect(markets.filter(({ tags }) => tags.includes(tag)).length, tag).toBeGreaterThanOrEqual(10);
    }
  });

  test('gives about half of the markets an existing image of at most 2 KB', () => {
    const images = markets.flatMap(({ imageUrl }) => imageUrl ?? []);
    expect(images.length / markets.length).toBeGreaterThan(0.4);
    expect(images.length / markets.length).toBeLessThan(0.65);
    const missing = images.filter(
      (url) => !existsSync(new URL(url.replace(/^\/sample\//, ''), sampleImages)),
    );
    expect(missing).toEqual([]);
    const large = readdirSync(sampleImages).filter(
      (name) => statSync(new URL(name, sampleImages)).size > 2_048,
    );
    expect(large).toEqual([]);
  });

  test('shifts with the clock and is otherwise the same', () => {
    const later = loadSampleCatalog(nowMs + DAY_MS);
    expect(later.map(({ createdAt }) => Date.parse(createdAt) - DAY_MS)).toEqual(
      markets.map(({ createdAt }) => Date.parse(createdAt)),
    );
    expect(later.map(({ id }) => id)).toEqual(markets.map(({ id }) => id));
  });
});

describe('parseSampleFile', () => {
  const entry = (changes: string) => `category: Chess
markets:
  - id: rook-takes
    title: Will the rook take?
    tags: [chess, rooks]
    trading: { probability: 0.5, volume24h: 1, volumeTotal: 2, participantCount: 3 }
    life: { createdDaysAgo: 2, resolvesInDays: 1 }
    ${changes}
`;

  test('returns drafts with absolute times', () => {
    expect(parseSampleFile('chess.yaml', entry('image: sports'), nowMs)).toEqual([
      {
        id: 'rook-takes',
        title: 'Will the rook take?',
        category: 'Chess',
        tags: ['chess', 'rooks'],
        probability: 0.5,
        volume24h: 1,
        volumeTotal: 2,
        participantCount: 3,
        imageUrl: '/sample/sports.svg',
        status: 'OPEN',
        createdAt: '2026-05-01T17:02:30.000Z',
        resolvesAt: '2026-05-04T17:02:30.000Z',
        source: 'sample',
      },
    ]);
  });

  test.each([
    ['an unknown field', 'color: red', /color/],
    ['a boost above 1', 'editorialBoost: 2', /editorialBoost/],
    ['a closed market that resolves in the future', 'status: CLOSED', /open if and only if/],
  ])('rejects %s, naming file and entry', (_, changes, cause) => {
    const parse = () => parseSampleFile('chess.yaml', entry(changes), nowMs);
    expect(parse).toThrow(/chess\.yaml, market 1 \(rook-takes\)/);
    expect(parse).toThrow(cause);
  });

  test('rejects a file without markets, naming the file', () => {
    expect(() => parseSampleFile('chess.yaml', 'category: Chess\n', nowMs)).toThrow(/chess\.yaml is invalid/);
  });
});
