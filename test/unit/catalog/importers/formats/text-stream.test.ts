import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../../../src/catalog/importers/formats/csv.js';
import { readGamma } from '../../../../../src/catalog/importers/formats/gamma.js';
import { readJsonLines } from '../../../../../src/catalog/importers/formats/neutral-format.js';
import { decodeText, hasInvalidBytes } from '../../../../../src/catalog/importers/formats/text-stream.js';
import { OperatorError } from '../../../../../src/lib/errors.js';
import { declaredEncoding } from '../../../../../src/lib/input/encoding.js';
import { collect, marketsIn, rejectedIn } from '../../../../support/import-records.js';

/** The bytes in chunks of the given sizes, repeated. */
function pieces(bytes: Uint8Array, sizes: readonly number[] = [7]): Readable {
  const list: Uint8Array[] = [];
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    list.push(bytes.subarray(at, at + size));
    at += size;
  }
  return Readable.from(list, { objectMode: false });
}

const text = async (bytes: Uint8Array, encoding?: string, sizes?: readonly number[]) =>
  (await collect(decodeText(pieces(bytes, sizes), encoding))).join('');

const csv = (bytes: Uint8Array, encoding?: string) => collect(readCsv(pieces(bytes), encoding));

const titles = async (records: Promise<Parameters<typeof marketsIn>[0]>) =>
  marketsIn(await records).map(({ market }) => market.title);

describe('decodeText', () => {
  it('returns the same text for any chunk sizes, and keeps a "�" of the source', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 });
    const source = fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', '\uFFFD', '\n') });
    await fc.assert(
      fc.asyncProperty(source, sizes, async (given, cut) => {
        expect(await text(Buffer.from(given), undefined, cut)).toBe(given);
      }),
    );
  });

  it('marks invalid bytes instead of returning "�"', async () => {
    for (const bytes of [[0xe9], [0x61, 0xe9, 0x61], [0xf0, 0x9f], [0xed, 0xa0, 0x80]]) {
      const decoded = await text(Uint8Array.from(bytes), undefined, [1]);
      expect(hasInvalidBytes(decoded)).toBe(true);
      expect(decoded).not.toContain('\uFFFD');
    }
  });

  it.each([
    ['utf-8', Buffer.from('\ufeffAé')],
    ['utf-16le', Buffer.from('\ufeffAé', 'utf16le')],
    ['utf-16be', Buffer.from('\ufeffAé', 'utf16le').swap16()],
  ])('detects %s by its byte-order mark, regardless of the declared encoding', async (_, bytes) => {
    expect(await text(bytes, 'windows-1252')).toBe('Aé');
  });
});

describe('declaredEncoding', () => {
  it.each([
    ['text/csv; charset=ISO-8859-1', 'windows-1252'],
    ['application/json;charset="utf-16le"', 'utf-16le'],
    ['application/json; charset=nonsense', undefined],
    ['application/json', undefined],
    [null, undefined],
  ])('returns for the content type %j the encoding %s', (contentType, encoding) => {
    expect(declaredEncoding(contentType)).toBe(encoding);
  });
});

describe('text in another encoding than declared', () => {
  const table = Buffer.from('type,id,title\nmarket,a,Caf\u00e9?\nmarket,b,Tea?\n', 'latin1');

  it('is rejected record by record with line numbers', async () => {
    const records = await csv(table);
    expect(rejectedIn(records)).toMatchObject([
      {
        line: 2,
        reason:
          'contains bytes that are invalid in the encoding of the source (UTF-8 unless declared); declare its encoding',
      },
    ]);
    expect(await titles(Promise.resolve(records))).toEqual(['Tea?']);
    const lines = Buffer.from('{"type":"market","id":"a","title":"\u00e9"}\n', 'latin1');
    expect(rejectedIn(await collect(readJsonLines(pieces(lines))))).toMatchObject([{ line: 1 }]);
    const items = Buffer.from('[{"question":"\u00e9","id":"1"},{"question":"Q?","id":"2"}]', 'latin1');
    const gamma = await collect(readGamma(pieces(items)));
    expect(gamma.map(({ kind, line }) => [kind, line])).toEqual([
      ['rejected', 1],
      ['market', 2],
    ]);
  });

  it('is decoded if its encoding is declared', async () => {
    expect(await titles(csv(table, 'windows-1252'))).toEqual(['Café?', 'Tea?']);
    expect(await titles(csv(Buffer.from(`\ufeff${table.toString('latin1')}`, 'utf16le')))).toEqual([
      'Café?',
      'Tea?',
    ]);
  });
});

describe('readCsv', () => {
  it.each(['\n', '\r\n', '\r'])('accepts the line end %j', async (end) => {
    const rows = ['type,id,title', 'market,a,"two', 'lines"', 'market,b', 'market,c,C?', ''];
    const records = await csv(Buffer.from(rows.join(end)));
    expect(await titles(Promise.resolve(records))).toEqual(['two\nlines', 'C?']);
    expect(rejectedIn(records)).toMatchObject([{ line: 4 }]);
  });

  it('keeps a CR inside a cell if the file has other line ends', async () => {
    expect(await titles(csv(Buffer.from('type,id,title\nmarket,a,"x\ry"\n')))).toEqual(['x\ry']);
  });

  it('throws an OperatorError for a repeated column', async () => {
    await expect(csv(Buffer.from('type,id,title, id\nmarket,a,A,b\n'))).rejects.toThrow(
      new OperatorError('The CSV header names the column "id" twice. Rename or remove one of them.'),
    );
  });

  it('parses a long almost-numeric cell in linear time', async () => {
    const startMs = performance.now();
    const [record] = await csv(
      Buffer.from(`type,id,title,volumeTotal\nmarket,a,A,${'1'.repeat(200_000)}x\n`),
    );
    expect(record?.kind).toBe('rejected');
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });

  it.each([
    ['0x10', false],
    ['0b1', false],
    ['0o7', false],
    ['1,5', false],
    ['1_000', false],
    ['Infinity', false],
    ['', true],
    ['12.5', true],
    ['1e5', true],
    ['.5', true],
  ])('accepts %j as a number: %s', async (cell, isAccepted) => {
    const [record] = await csv(Buffer.from(`type,id,title,volumeTotal\nmarket,a,A,"${cell}"\n`));
    expect(record?.kind).toBe(isAccepted ? 'market' : 'rejected');
  });
});
