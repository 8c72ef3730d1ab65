import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../../src/catalog/importers/csv.js';
import { readJsonLines } from '../../../../src/catalog/importers/jsonl.js';
import { OperatorError } from '../../../../src/lib/errors.js';
import {
  byteStream,
  collect,
  importFixture,
  interactionsIn,
  marketsIn,
  rejectsIn,
} from '../../../support/import-records.js';

const jsonLines = (text: string, pieceBytes?: number) => collect(readJsonLines(byteStream(text, pieceBytes)));
const csv = (text: string, pieceBytes?: number) => collect(readCsv(byteStream(text, pieceBytes)));

describe('reading the neutral form as JSON lines', () => {
  it('reads markets and interactions in any order, times in UTC', async () => {
    const records = await jsonLines(importFixture('neutral.jsonl'));
    expect(marketsIn(records)).toEqual([
      {
        kind: 'market',
        line: 2,
        market: {
          id: 'm1',
          title: 'Will it snow on Sunday?',
          tags: ['Weather', 'north'],
          probability: null,
          createdAt: '2025-03-01T00:00:00.000Z',
          status: 'OPEN',
        },
        dates: {},
      },
    ]);
    expect(interactionsIn(records)).toEqual([
      {
        kind: 'interaction',
        line: 1,
        interaction: {
          userKey: 'ada',
          marketId: 'm1',
          eventType: 'CLICK',
          occurredAt: '2025-03-02T08:00:00.000Z',
          dwellMs: 1200,
          context: { page: 'home' },
        },
      },
      {
        kind: 'interaction',
        line: 10,
        interaction: {
          userKey: 'bo',
          marketId: 'm1',
          eventType: 'HIDE',
          occurredAt: '2025-03-03T00:00:00.000Z',
          clientEventId: 'own-id',
        },
      },
    ]);
  });

  it('rejects each broken line with its number and the field at fault', async () => {
    const rejects = rejectsIn(await jsonLines(importFixture('neutral.jsonl')));
    expect(rejects.map(({ line, reason }) => [line, reason.split(':')[0]])).toEqual([
      [4, 'title'],
      [5, 'the line is not JSON'],
      [6, 'type'],
      [7, 'probability'],
      [8, 'occurredAt'],
      [9, 'createdAt'],
    ]);
    expect(rejects[1]?.raw).toBe('not json');
  });

  it('reads the dates by which --as-of judges a market', async () => {
    const [record] = marketsIn(
      await jsonLines(
        '{"type":"market","id":"m","title":"T","closedAt":"2025-01-02T00:00:00Z","resolvedAt":null,"pricedAt":"2025-01-01T00:00:00Z"}',
      ),
    );
    expect(record?.dates).toEqual({
      closedAt: '2025-01-02T00:00:00.000Z',
      pricedAt: '2025-01-01T00:00:00.000Z',
    });
    expect(record?.market).not.toHaveProperty('closedAt');
  });

  it('accepts a byte-order mark, CRLF and a last line without an end', async () => {
    const records = await jsonLines(
      '\ufeff{"type":"market","id":"1","title":"A"}\r\n\r\n{"type":"market","id":"2","title":"B"}',
    );
    expect(marketsIn(records).map(({ line, market }) => [line, market.id])).toEqual([
      [1, '1'],
      [3, '2'],
    ]);
  });

  it('splits lines at line feeds only, and letters of several bytes nowhere', async () => {
    const title = 'snow\u2028ice \u2603 \u{1F600} élan';
    const records = await jsonLines(JSON.stringify({ type: 'market', id: '1', title }), 1);
    expect(marketsIn(records)[0]?.market.title).toBe(title);
  });

  it('takes a market without its invalid texts and tags, and says so', async () => {
    const [record] = await jsonLines(
      '{"type":"market","id":"m","title":"T","tags":[null,"a",7],"imageUrl":5,"description":{"text":"x"}}',
    );
    expect(record).toMatchObject({
      market: { id: 'm', title: 'T', tags: ['a'] },
      repairs: [/^description: dropped/, /^tags: repaired/, /^imageUrl: dropped/].map(
        (sentence) => expect.stringMatching(sentence) as string,
      ),
    });
  });

  it.each([
    ['42', { market: { id: '42' } }],
    [
      '9007199254740993',
      { kind: 'reject', reason: expect.stringMatching(/^id: must be text: as a number/) as string },
    ],
  ])('takes the number %s as an id only if JSON keeps it exactly', async (id, expected) => {
    expect(await jsonLines(`{"type":"market","id":${id},"title":"T"}`)).toMatchObject([expected]);
  });

  it('rejects a line that is too long, and goes on after it', async () => {
    const text = `${'x'.repeat(2 ** 20 + 1)}\n{"type":"market","id":"m","title":"T"}`;
    const records = await collect(readJsonLines(byteStream(text, 64 * 1024)));
    expect(records).toMatchObject([
      { kind: 'reject', line: 1, reason: 'the line is longer than 1048576 characters', raw: 'x'.repeat(500) },
      { kind: 'market', line: 2, market: { id: 'm' } },
    ]);
  });
});

describe('reading the neutral form as CSV', () => {
  it('reads cells by their column, and lines inside quotes as one record', async () => {
    const records = await csv(importFixture('neutral.csv'));
    expect(marketsIn(records)).toEqual([
      {
        kind: 'market',
        line: 2,
        market: {
          id: 'c1',
          title: 'Will the "Grand" reopen?\nSecond line',
          tags: ['Culture', 'hotels'],
          probability: 0.25,
          createdAt: '2025-03-01T00:00:00.000Z',
        },
        dates: {},
      },
      {
        kind: 'market',
        line: 6,
        market: { id: 'c2', title: 'Several answers', probability: null },
        dates: {},
      },
    ]);
    expect(interactionsIn(records)).toEqual([
      {
        kind: 'interaction',
        line: 5,
        interaction: {
          userKey: 'ada',
          marketId: 'c1',
          eventType: 'DWELL_5',
          occurredAt: '2025-03-02T00:00:00.000Z',
          dwellMs: 6000,
          context: { from: 'grid' },
        },
      },
    ]);
  });

  it('rejects each broken line with the number of its first line', async () => {
    const rejects = rejectsIn(await csv(importFixture('neutral.csv')));
    expect(rejects.map(({ line, reason }) => [line, reason.split(':')[0]])).toEqual([
      [7, 'the line has more or fewer cells than the header has columns'],
      [8, 'probability'],
      [10, 'occurredAt'],
      [11, 'context'],
    ]);
    expect(rejects[0]?.raw).toBe('market,c3,Too few cells');
  });

  it.each([1, 1000])(
    'accepts a byte-order mark and mixed line ends, in pieces of %i bytes',
    async (pieceBytes) => {
      const records = await csv('\ufefftype,id,title\r\nmarket,1,"A\r\nB"\nmarket,2,C\r\n', pieceBytes);
      expect(marketsIn(records).map(({ line, market }) => [line, market.id, market.title])).toEqual([
        [2, '1', 'A\nB'],
        [4, '2', 'C'],
      ]);
    },
  );

  it.each([
    ['type,id,title\nmarket,1,A\nmarket,2,"B\nmarket,3,C\n', /begins at line 3: Quote Not Closed/],
    ['type,id,title\nmarket,1,A\nmarket,"2"x,B\nmarket,3,C\n', /begins at line 3: Invalid Closing Quote/],
    ['id,title\n1,A\n', /one of them "type"/],
  ])('stops at the broken file %j, naming the place', async (text, message) => {
    const reading = csv(text);
    await expect(reading).rejects.toThrow(OperatorError);
    await expect(reading).rejects.toThrow(message);
  });
});
