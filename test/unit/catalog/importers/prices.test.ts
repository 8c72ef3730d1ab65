import { describe, expect, it } from 'vitest';
import { readPrices } from '../../../../src/catalog/importers/prices.js';
import { OperatorError } from '../../../../src/lib/errors.js';
import { byteStream } from '../../../support/import-records.js';

const instant = Date.parse('2025-06-20T00:00:00Z');
const market = (id: string, title = '') => ({ id, title });

describe('readPrices', () => {
  it('returns the last price at or before the instant, in any row order', async () => {
    const list = await readPrices(
      byteStream(
        'id,timestamp,price\nm,2025-06-20T00:00:00Z,0.3\nm,2025-06-20T00:00:00.001Z,0.9\nm,2025-06-19T00:00:00Z,0.1\n',
      ),
      instant,
    );
    expect(list.priceOf(market('m'))).toBe(0.3);
    expect(list.priceOf(market('other'))).toBeUndefined();
  });

  it('rejects a repeated column, and accepts prices with a rounding error', async () => {
    await expect(readPrices(byteStream('id,timestamp,price,Price\n'), instant)).rejects.toThrow(
      new OperatorError('The CSV header names the column "price" twice. Rename or remove one of them.'),
    );
    const rows = 'a,2025-06-01,1.0000002\nb,2025-06-01,0x1\nc,2025-06-01,1.01\n';
    const list = await readPrices(byteStream(`id,timestamp,price\n${rows}`), instant);
    expect([list.priceOf(market('a')), list.unreadableRows]).toEqual([1, 2]);
  });

  it('reads timestamps in seconds and in milliseconds', async () => {
    const list = await readPrices(
      byteStream(
        `id,timestamp,price\ns,${instant / 1000},0.1\ns,${instant / 1000 + 1},0.9\nms,${instant},0.2\nms,${instant + 1},0.9\n`,
      ),
      instant,
    );
    expect([list.priceOf(market('s')), list.priceOf(market('ms'))]).toEqual([0.1, 0.2]);
  });

  it('accepts header names in any case, and skips outcomes other than Yes', async () => {
    const list = await readPrices(
      byteStream(
        '\ufeffEvent,Question,Outcome,Timestamp,Price\r\nE,"Rain, really?",Yes,1700000000,0.4\r\nE,"Rain, really?",No,1700000001,0.6\r\nE,Snow?,yes,1700000000,0.1\r\n',
      ),
      instant,
    );
    expect(list.priceOf(market('x', 'Rain, really?'))).toBe(0.4);
    expect(list.priceOf(market('x', ' Snow? '))).toBe(0.1);
  });

  it('matches the id before the question', async () => {
    const list = await readPrices(
      byteStream('id,question,timestamp,price\na,Q?,1700000000,0.1\nb,Q?,1700000001,0.2\n'),
      instant,
    );
    expect(list.priceOf(market('a', 'Q?'))).toBe(0.1);
    expect(list.priceOf(market('c', 'Q?'))).toBe(0.2);
  });

  it('counts rows without a valid time or price', async () => {
    const list = await readPrices(
      byteStream('id,timestamp,price\nm,soon,0.3\nm,1700000000,\nm,1700000000,1.2\nm,1700000000,0.5\n'),
      instant,
    );
    expect(list.unreadableRows).toBe(3);
    expect(list.priceOf(market('m'))).toBe(0.5);
  });

  it.each([
    ['id,price\nm,0.5\n', /needs a header with question or id, timestamp, and price; it has id, price/],
    ['timestamp,price\n1,0.5\n', /question or id/],
    ['id,timestamp,price\n"m,1,0.5\n', /Quote Not Closed/],
  ])('throws an OperatorError for the malformed list %j', async (text, message) => {
    const reading = readPrices(byteStream(text), instant);
    await expect(reading).rejects.toThrow(OperatorError);
    await expect(reading).rejects.toThrow(message);
  });
});
