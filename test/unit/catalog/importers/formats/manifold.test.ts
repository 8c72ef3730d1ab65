import { describe, expect, it } from 'vitest';
import { readManifold } from '../../../../../src/catalog/importers/formats/manifold.js';
import {
  byteStream,
  collect,
  importFixture,
  marketsIn,
  rejectedIn,
} from '../../../../support/import-records.js';

const now = Date.parse('2025-03-01T00:00:00Z');

async function fixture() {
  return collect(readManifold(byteStream(importFixture('manifold-markets.json')), now));
}

async function oneMarket(fields: Record<string, unknown>) {
  const value = [{ id: 'm', question: 'Q?', createdTime: 1740000000000, ...fields }];
  const [record] = marketsIn(await collect(readManifold(byteStream(JSON.stringify(value)), now)));
  if (!record) throw new Error('no market was read');
  return record;
}

describe('readManifold', () => {
  it('reads every field of a binary market, with the description as plain text', async () => {
    const [record] = await fixture();
    expect(record).toEqual({
      kind: 'market',
      line: 1,
      market: {
        id: 'mfBinary',
        title: 'Will the tram reach Oldgate?',
        description: 'Line 4, northern end.\nSee the timetable.',
        category: 'Sports',
        tags: ['sports-default', 'trams'],
        probability: 0.31,
        volume24h: 12.5,
        volumeTotal: 420,
        participantCount: 17,
        imageUrl: 'https://img.example/tram.jpg',
        url: 'https://manifold.example/tram',
        status: 'OPEN',
        createdAt: '2025-02-19T21:20:00.000Z',
        volumeUnit: 'MANA',
        closesAt: '2025-06-15T15:06:40.000Z',
        resolvesAt: null,
        asOf: '2025-03-03T11:06:40.000Z',
        source: 'manifold',
      },
      dates: { pricedAt: '2025-03-02T07:20:00.000Z' },
    });
  });

  it('returns a null probability for a non-binary market, and closes it at its close time', async () => {
    const [, record] = marketsIn(await fixture());
    expect(record?.market).toMatchObject({
      probability: null,
      status: 'CLOSED',
      category: 'Other',
      tags: [],
    });
    const pseudoNumeric = await oneMarket({ outcomeType: 'PSEUDO_NUMERIC', probability: 0.4 });
    expect(pseudoNumeric.market.probability).toBeNull();
  });

  it('returns the end of a market that resolved before its close time', async () => {
    const [, , record] = marketsIn(await fixture());
    expect(record?.market.status).toBe('RESOLVED');
    expect(record?.dates).toEqual({
      closedAt: '2025-02-22T04:53:20.000Z',
      resolvedAt: '2025-02-22T04:53:20.000Z',
    });
  });

  it('omits a close time after the year 9999', async () => {
    const [, , record] = marketsIn(await fixture());
    expect(record?.market).not.toHaveProperty('closesAt');
  });

  it('cancels a market that resolved to CANCEL, at the time of its resolution', async () => {
    const fields = { isResolved: true, resolution: 'CANCEL', resolutionTime: 1740000000000 };
    expect((await oneMarket(fields)).market).toMatchObject({
      ...{ status: 'CANCELLED', resolvedAt: '2025-02-19T21:20:00.000Z' },
    });
    expect((await oneMarket({ ...fields, resolution: 'NO' })).market.status).toBe('RESOLVED');
  });

  it('takes the unit of the volumes from the token', async () => {
    expect((await oneMarket({ token: 'CASH' })).market.volumeUnit).toBe('CASH');
  });

  it('closes a market exactly at its close time', async () => {
    expect((await oneMarket({ closeTime: now })).market.status).toBe('CLOSED');
    expect((await oneMarket({ closeTime: now + 1 })).market.status).toBe('OPEN');
  });

  it('dates the price by the last bet, else by the last update', async () => {
    const both = await oneMarket({ lastBetTime: 1740000000000, lastUpdatedTime: 1740000005000 });
    expect(both.dates.pricedAt).toBe('2025-02-19T21:20:00.000Z');
    const one = await oneMarket({ lastUpdatedTime: 1740000005000 });
    expect(one.dates.pricedAt).toBe('2025-02-19T21:20:05.000Z');
  });

  it('keeps a plain-text description, and omits a document without text', async () => {
    expect((await oneMarket({ description: 'Plain.' })).market.description).toBe('Plain.');
    const empty = await oneMarket({ description: { type: 'doc', content: [{ type: 'paragraph' }] } });
    expect(empty.market).not.toHaveProperty('description');
  });

  it('converts lists and line breaks of a rich-text description', async () => {
    const text = (value: string) => ({ type: 'text', text: value });
    const item = (value: string) => ({
      type: 'listItem',
      content: [{ type: 'paragraph', content: [text(value)] }],
    });
    const description = {
      type: 'doc',
      content: [
        { type: 'paragraph', content: [text('First'), { type: 'hardBreak' }, text('second')] },
        { type: 'bulletList', content: [item('third'), item('fourth')] },
      ],
    };
    const { market } = await oneMarket({ description });
    expect(market.description).toBe('First\nsecond\nthird\nfourth');
  });

  it('rejects a market without a creation time, naming the field', async () => {
    expect(rejectedIn(await fixture())).toMatchObject([
      { line: 4, reason: expect.stringMatching(/^createdTime: /) as string },
    ]);
  });
});
