import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, NEWEST_FIRST, toMarketPage } from '../../../src/catalog/market-page.js';
import { storedMarket } from '../../support/stored-market.js';

const BY_END = { field: 'CLOSES_AT', direction: 'ASC' } as const;

const encoded = (content: unknown): string => Buffer.from(JSON.stringify(content)).toString('base64url');

describe('decodeCursor', () => {
  it('returns the time and id of the encoded market', () => {
    const instants = fc.date({
      min: new Date('0001-01-01'),
      max: new Date('9999-12-31'),
      noInvalidDate: true,
    });
    const ids = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((id) => id.length <= 128 && !id.includes('\0'));
    fc.assert(
      fc.property(instants, ids, (createdAt, id) => {
        const market = storedMarket(id, { createdAt, resolvesAt: createdAt });
        for (const order of [NEWEST_FIRST, BY_END]) {
          const { startCursor } = toMarketPage([market], order, false, true).pageInfo;
          expect(decodeCursor(startCursor ?? '', order)).toEqual({ at: createdAt, id });
        }
      }),
    );
  });

  it('returns a null time for a market whose end is unknown', () => {
    const { startCursor } = toMarketPage([storedMarket('a')], BY_END, false, true).pageInfo;
    expect(decodeCursor(startCursor ?? '', BY_END)).toEqual({ at: null, id: 'a' });
  });

  it.each([
    ['no characters', ''],
    ['plain text', 'not a cursor'],
    ['other characters', '💥'],
    ['a JSON value of another kind', encoded({ id: 'm1' })],
    ['too short a list', encoded(['CREATED_AT', 'DESC', 0])],
    ['too long a list', encoded(['CREATED_AT', 'DESC', 0, 'm1', 1])],
    ['an id that is no text', encoded(['CREATED_AT', 'DESC', 0, 1])],
    ['an empty id', encoded(['CREATED_AT', 'DESC', 0, ''])],
    ['an id too long', encoded(['CREATED_AT', 'DESC', 0, 'x'.repeat(129)])],
    ['an id that cannot be stored', encoded(['CREATED_AT', 'DESC', 0, 'a\0'])],
    ['a time as text', encoded(['CREATED_AT', 'DESC', '2026-06-15', 'm1'])],
    ['a time that does not exist', encoded(['CREATED_AT', 'DESC', Number.MAX_SAFE_INTEGER, 'm1'])],
    ['a time before the first year', encoded(['CREATED_AT', 'DESC', -8.64e15, 'm1'])],
    ['a null time', encoded(['CREATED_AT', 'DESC', null, 'm1'])],
    ['another order', encoded(['CREATED_AT', 'ASC', 0, 'm1'])],
  ])('rejects a cursor that contains %s', (_, cursor) => {
    expect(() => decodeCursor(cursor, NEWEST_FIRST)).toThrow(
      expect.objectContaining({
        name: 'BellwetherError',
        code: 'BAD_USER_INPUT',
        field: 'after',
        message:
          'after must be endCursor of an earlier page with the same orderBy. Omit it for the first page.',
      }),
    );
  });

  it('returns a valid time or throws BAD_USER_INPUT for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.jsonValue().map(encoded)), (cursor) => {
        try {
          expect(decodeCursor(cursor, NEWEST_FIRST).at?.getTime()).not.toBeNaN();
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_USER_INPUT', field: 'after' });
        }
      }),
    );
  });
});

describe('toMarketPage', () => {
  it('returns the first and last cursor and whether there are more pages', () => {
    const page = toMarketPage(
      [storedMarket('a'), storedMarket('b'), storedMarket('c')],
      NEWEST_FIRST,
      true,
      false,
    );
    const cursors = page.edges.map(({ cursor }) => cursor);
    expect(page.edges.map(({ node }) => node.id)).toEqual(['a', 'b', 'c']);
    expect(page.nodes).toEqual(page.edges.map(({ node }) => node));
    expect(new Set(cursors).size).toBe(3);
    expect(page.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: true,
      startCursor: cursors[0],
      endCursor: cursors[2],
    });
  });

  it('returns no cursors for an empty page', () => {
    expect(toMarketPage([], NEWEST_FIRST, false, true)).toEqual({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });
});
