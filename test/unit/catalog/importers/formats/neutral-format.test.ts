import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../../../src/catalog/importers/formats/csv.js';
import { readJsonLines } from '../../../../../src/catalog/importers/formats/neutral-format.js';
import { OperatorError } from '../../../../../src/lib/errors.js';
import {
  byteStream,
  collect,
  importFixture,
  interactionsIn,
  marketsIn,
  rejectedIn,
} from '../../../../support/import-records.js';

const jsonLines = (text: string, pieceBytes?: number) => collect(readJsonLines(byteStream(text, pieceBytes)));
const csv = (text: string, pieceBytes?: number) => collect(readCsv(byteStream(text, pieceBytes)));

describe('readJsonLines', () => {
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

  it('rejects each invalid line with its number and the invalid field', async () => {
    const rejected = rejectedIn(await jsonLines(importFixture('neutral.jsonl')));
    expect(rejected.map(({ line, reason }) => [line, reason.split(':')[0]])).toEqual([
      [4, 'title'],
      [5, 'the line is not JSON'],
      [6, 'type'],
      [7, 'probability'],
      [8, 'occurredAt'],
      [9, 'createdAt'],
    ]);
    expect(rejected[1]?.raw).toBe('not json');
  });

  it('reads the events of a sink as interactions, and skips what is no market and no interaction', async () => {
    const event = {
      marketId: 'm1',
      eventType: 'CLICK',
      occurredAt: '2026-06-01T00:00:00Z',
      weight: 2,
      country: null,
    };
    const records = await jsonLines(
      [
        { ...event, interactionId: 'i1', user: 'hash', clientEventId: null },
        { ...event, interactionId: 'i2', user: 'hash', clientEventId: 'c2' },
        { ...event, interactionId: 'i3', user: 'hash', marketId: null, eventType: 'USER_ERASED' },
        { type: 'price', marketId: 'm1', at: '2026-06-01T00:00:00Z', probability: 0.5 },
        { type: 'slate', feedId: 'f', rank: 1 },
      ]
        .map((line) => JSON.stringify(line))
        .join('\n'),
    );
    expect(
      interactionsIn(records).map(({ interaction }) => [interaction.userKey, interaction.clientEventId]),
    ).toEqual([
      ['hash', 'i1'],
      ['hash', 'c2'],
    ]);
    expect(records.map(({ kind }) => kind)).toEqual([
      'interaction',
      'interaction',
      'skipped',
      'skipped',
      'skipped',
    ]);
  });

  it('reads the dates that --as-of needs', async () => {
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

  it('accepts a byte-order mark, CRLF, and a last line without a line end', async () => {
    const records = await jsonLines(
      '\ufeff{"type":"market","id":"1","title":"A"}\r\n\r\n{"type":"market","id":"2","title":"B"}',
    );
    expect(marketsIn(records).map(({ line, market }) => [line, market.id])).toEqual([
      [1, '1'],
      [3, '2'],
    ]);
  });

  it('splits lines at line feeds only, never within a multi-byte character', async () => {
    const title = 'snow\u2028ice \u2603 \u{1F600} élan';
    const records = await jsonLines(JSON.stringify({ type: 'market', id: '1', title }), 1);
    expect(marketsIn(records)[0]?.market.title).toBe(title);
  });

  it('drops invalid texts and tags of a market and reports it', async () => {
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
      { kind: 'rejected', reason: expect.stringMatching(/^id: must be text: as a number/) as string },
    ],
  ])('accepts the number %s as an id only if JSON represents it exactly', async (id, expected) => {
    expect(await jsonLines(`{"type":"market","id":${id},"title":"T"}`)).toMatchObject([expected]);
  });

  it('rejects a line that is too long, and reads the next one', async () => {
    const text = `${'x'.repeat(2 ** 20 + 1)}\n{"type":"market","id":"m","title":"T"}`;
    const records = await collect(readJsonLines(byteStream(text, 64 * 1024)));
    expect(records).toMatchObject([
      {
        kind: 'rejected',
        line: 1,
        reason: 'the line is longer than 1048576 characters',
        raw: 'x'.repeat(500),
      },
      { kind: 'market', line: 2, market: { id: 'm' } },
    ]);
  });
});

describe('readCsv', () => {
  it('parses cells by column, and quoted line breaks as part of a record', async () => {
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

  it('rejects each invalid record with the number of its first line', async () => {
    const rejected = rejectedIn(await csv(importFixture('neutral.csv')));
    expect(rejected.map(({ line, reason }) => [line, reason.split(':')[0]])).toEqual([
      [7, 'the line has more or fewer cells than the header has columns'],
      [8, 'probability'],
      [10, 'occurredAt'],
      [11, 'context'],
    ]);
    expect(rejected[0]?.raw).toBe('market,c3,Too few cells');
  });

  it.each([1, 1000])(
    'accepts a byte-order mark and mixed line ends, in chunks of %i bytes',
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
    ['id,title\n1,A\n', /one of them "type"; it names id, title\./],
  ])('throws an OperatorError for the malformed text %j, naming the location', async (text, message) => {
    const records = csv(text);
    await expect(records).rejects.toThrow(OperatorError);
    await expect(records).rejects.toThrow(message);
  });
});
