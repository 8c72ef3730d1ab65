import { describe, expect, it } from 'vitest';
import { readGamma } from '../../../../../src/catalog/importers/formats/gamma.js';
import { OperatorError } from '../../../../../src/lib/errors.js';
import {
  byteStream,
  collect,
  importFixture,
  marketsIn,
  rejectedIn,
} from '../../../../support/import-records.js';

async function gamma(value: unknown) {
  return collect(readGamma(byteStream(typeof value === 'string' ? value : JSON.stringify(value))));
}

async function oneMarket(fields: Record<string, unknown>) {
  const [record] = marketsIn(await gamma([{ conditionId: '0x1', question: 'Q?', ...fields }]));
  if (!record) throw new Error('no market was read');
  return record;
}

const yesNo = { outcomes: '["Yes","No"]', outcomePrices: '["0.7","0.3"]' };

describe('readGamma', () => {
  it('reads every field of a live market', async () => {
    const [record] = await gamma(importFixture('gamma-markets.json'));
    expect(record).toEqual({
      kind: 'market',
      line: 1,
      market: {
        id: '0xaaa1',
        title: 'Will the harbour bridge open by May?',
        description: 'Resolves Yes on the first day of public traffic.',
        category: 'Politics',
        tags: ['Middle Town', 'Politics'],
        probability: 0.62,
        volume24h: 75.25,
        volumeTotal: 1500.5,
        imageUrl: 'https://img.example/bridge.png',
        url: 'https://polymarket.com/event/harbour-bridge/will-the-harbour-bridge-open-by-may',
        status: 'OPEN',
        createdAt: '2025-03-01T10:00:00.123Z',
        volumeUnit: 'USDC',
        closesAt: null,
        resolvesAt: '2025-05-31T12:00:00.000Z',
        asOf: '2025-03-20T08:30:00.000Z',
        eventKey: 'harbour-bridge',
        source: 'polymarket',
      },
      dates: { pricedAt: '2025-03-20T08:30:00.000Z' },
    });
  });

  it('uses the price of the first of two named outcomes, and the closing time of a settled market', async () => {
    const [, record] = marketsIn(await gamma(importFixture('gamma-markets.json')));
    expect(record?.market).toMatchObject({
      probability: 1,
      status: 'RESOLVED',
      closesAt: '2025-03-05T21:15:00.000Z',
      resolvedAt: '2025-03-05T21:15:00.000Z',
      category: 'Culture',
      tags: ['rovers'],
    });
    expect(record?.dates).toEqual({
      closedAt: '2025-03-05T21:15:00.000Z',
      resolvedAt: '2025-03-05T21:15:00.000Z',
    });
  });

  it('finds Yes at any index, and the event in eventTitle', async () => {
    const [, , record] = marketsIn(await gamma(importFixture('gamma-markets.json')));
    expect(record?.market).toMatchObject({
      probability: 0.1,
      status: 'RESOLVED',
      eventKey: 'Comet of the year',
      category: 'Night Sky',
    });
    expect(record?.market).not.toHaveProperty('volumeTotal');
    expect(record?.market).not.toHaveProperty('resolvesAt');
  });

  it('gives a market without any id the same id on every import', async () => {
    const ids = await Promise.all(
      [1, 2].map(async () => marketsIn(await gamma(importFixture('gamma-markets.json')))[2]?.market.id),
    );
    expect(ids[0]).toMatch(/^gamma-[0-9a-f]{32}$/);
    expect(ids[0]).toBe(ids[1]);
  });

  it.each([
    [{ conditionId: '', id: 512, slug: 'a-slug' }, '512'],
    [{ conditionId: null, id: '', slug: 'a-slug' }, 'a-slug'],
    [{ conditionId: '0x9', id: '512' }, '0x9'],
  ])('uses the condition id, else the Gamma id, else the slug: %j', async (fields, id) => {
    expect((await oneMarket(fields)).market.id).toBe(id);
  });

  it('gives the markets of an event its slug and tags, and rejects invalid ones with their index', async () => {
    const records = await gamma(importFixture('gamma-events.json'));
    expect(marketsIn(records).map(({ line, market }) => [line, market])).toEqual([
      [
        1,
        {
          id: '0xbbb1',
          title: 'Will Ada win?',
          category: 'Local News',
          tags: ['Local News'],
          probability: 0.4,
          volumeUnit: 'USDC',
          closesAt: null,
          url: 'https://polymarket.com/event/mayor-of-larkfield/will-ada-win',
          status: 'OPEN',
          eventKey: 'mayor-of-larkfield',
          source: 'polymarket',
        },
      ],
      [
        1,
        {
          id: '0xbbb3',
          title: 'Will Cleo win?',
          category: 'Local News',
          tags: ['Local News'],
          volumeUnit: 'USDC',
          closesAt: null,
          url: 'https://polymarket.com/event/mayor-of-larkfield',
          status: 'CLOSED',
          eventKey: 'mayor-of-larkfield',
          source: 'polymarket',
        },
      ],
    ]);
    expect(rejectedIn(records)).toEqual([
      {
        kind: 'rejected',
        line: 1,
        reason: expect.stringMatching(/^markets\[1\]\.question: /) as string,
        raw: '{"conditionId":"0xbbb2","outcomes":"[\\"Yes\\", \\"No\\"]"}',
      },
      {
        kind: 'rejected',
        line: 2,
        reason: expect.stringMatching(/^markets: /) as string,
        raw: '{"slug":"broken","markets":"none"}',
      },
    ]);
  });

  it.each(['data', 'markets', 'events'])('reads an object with the array as %s', async (field) => {
    const records = await gamma({
      count: 1,
      other: [{ question: 'not this' }],
      [field]: [{ question: 'Q?' }],
    });
    expect(marketsIn(records).map(({ market }) => market.title)).toEqual(['Q?']);
  });

  it('returns null for three outcomes, and omits a missing price', async () => {
    const three = await oneMarket({ outcomes: '["A","B","C"]', outcomePrices: '["0.2","0.3","0.5"]' });
    expect(three.market.probability).toBeNull();
    expect((await oneMarket({ outcomes: '["Yes","No"]' })).market).not.toHaveProperty('probability');
  });

  it.each([
    [{ ...yesNo }, 'OPEN'],
    [{ ...yesNo, closed: false, closedTime: '2025-01-01T00:00:00Z' }, 'OPEN'],
    [{ ...yesNo, closed: true }, 'CLOSED'],
    [{ ...yesNo, archived: true }, 'CLOSED'],
    [{ ...yesNo, active: false }, 'CLOSED'],
    [{ ...yesNo, acceptingOrders: false }, 'PAUSED'],
    [{ ...yesNo, acceptingOrders: 'no' }, 'OPEN'],
    [{ ...yesNo, acceptingOrders: false, closed: true }, 'CLOSED'],
    [{ ...yesNo, closed: true, umaResolutionStatus: 'resolved' }, 'RESOLVED'],
    [{ ...yesNo, outcomePrices: '["0","1"]', closed: true }, 'RESOLVED'],
    [{ ...yesNo, outcomePrices: '["0","1"]', closed: false }, 'OPEN'],
  ])('returns the status of %j as %s', async (fields, status) => {
    expect((await oneMarket(fields)).market.status).toBe(status);
  });

  it.each([
    [{ outcomes: '[broken' }, 'outcomes'],
    [{ outcomePrices: '["cheap"]' }, 'outcomePrices'],
    [{ closed: 'yes' }, 'closed'],
    [{ question: '  ' }, 'question'],
  ])('rejects %j, naming the field %s', async (fields, field) => {
    const [rejected] = rejectedIn(await gamma([{ question: 'Q?', ...fields }]));
    expect(rejected?.reason.split(':')[0]).toBe(field);
  });

  it.each([
    [{ volumeNum: 'a lot' }, 'volumeNum: dropped (expected a number, got "a lot")'],
    [{ volumeNum: '0x10' }, 'volumeNum: dropped (expected a number, got "0x10")'],
    [{ endDate: 'soon' }, 'endDate: dropped (expected a time in ISO 8601, got "soon")'],
    [{ tags: [7, 'politics'] }, 'tags: repaired (Invalid input)'],
    [{ events: 'none' }, 'events: dropped (Invalid input: expected array, received string)'],
    [{ events: [7] }, 'events: dropped (expected object, received number)'],
  ])('drops or repairs %j and reports it', async (fields, repair) => {
    expect(await oneMarket(fields)).toMatchObject({ market: { id: '0x1' }, repairs: [repair] });
  });

  it('skips a placeholder for unnamed answers', async () => {
    const records = await gamma([{ question: 'Other?', negRiskOther: true }, { question: 'Q?' }]);
    expect(records.map(({ kind }) => kind)).toEqual(['skipped', 'market']);
  });

  it('cuts the raw text of a rejected record to 500 characters', async () => {
    const [rejected] = rejectedIn(await gamma([{ question: 7, description: 'x'.repeat(2000) }]));
    expect(rejected?.raw).toHaveLength(500);
  });

  it('rejects items that are not objects, and reads the next ones', async () => {
    const records = await gamma([1, null, 'text', [{ question: 'nested' }], { question: 'Q?' }]);
    expect(records.map(({ kind, line }) => [kind, line])).toEqual([
      ['rejected', 1],
      ['rejected', 2],
      ['rejected', 3],
      ['rejected', 4],
      ['market', 5],
    ]);
  });

  it('accepts a byte-order mark and an empty array', async () => {
    expect(marketsIn(await gamma('\ufeff[{"question":"Q?"}]'))).toHaveLength(1);
    expect(await gamma(' [ ] ')).toEqual([]);
  });

  it.each([
    ['[{"question":"A?"},\n {"question":oops}]', /line 2, column 14/],
    ['[{"question":"A?"}', /too early, after record 1/],
    [' \n', /^The text is empty; expected a JSON array of records\.$/],
    ['', /^The text is empty; expected a JSON array of records\.$/],
    ['{"results":[{"question":"A?"}]}', /data, events, markets/],
    ['[] []', /not valid JSON at line 1, column 4/],
  ])('throws an OperatorError for the malformed text %j, naming the location', async (text, message) => {
    const records = gamma(text);
    await expect(records).rejects.toThrow(OperatorError);
    await expect(records).rejects.toThrow(message);
  });
});
