import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { sourcesSchema } from '../../../../src/config/schema/source-schema.js';

const errorsOf = (sources: unknown): string[] =>
  (sourcesSchema.safeParse(sources).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

const gamma = { name: 'polymarket', format: 'gamma', url: 'https://gamma.test/markets/keyset?closed=false' };
const manifold = { name: 'manifold', format: 'manifold', url: 'https://manifold.test/v0/markets' };

describe('sourcesSchema', () => {
  it('applies the defaults, with the page size of each API', () => {
    const common = {
      ...{ everySeconds: 60, maxPages: 50, timeoutSeconds: 15, maxResponseMegabytes: 50 },
      closeMissing: false,
    };
    expect(sourcesSchema.parse([gamma, manifold])).toEqual([
      { ...gamma, ...common, pageSize: 100 },
      { ...manifold, ...common, pageSize: 1_000 },
    ]);
  });

  it('reports every error with its path', () => {
    expect(
      errorsOf([
        { ...gamma, name: 'Poly market' },
        { ...gamma, name: 'b', pageSize: 501 },
        { ...manifold, name: 'c', pageSize: 1_001 },
        { ...gamma, name: 'd', everySeconds: 9 },
        { ...gamma, name: 'e', everySeconds: 86_401 },
        { ...gamma, name: 'f', maxPages: 0 },
        { ...gamma, name: 'g', timeoutSeconds: 0 },
        { ...gamma, name: 'h', maxResponseMegabytes: 1_001 },
        { ...gamma, name: 'i', closeMissing: 'yes' },
        { ...gamma, name: 'j', format: 'csv' },
        { ...gamma, name: 'k', apiKey: 'x' },
      ]).map((error) => error.split(':')[0]),
    ).toEqual([
      ...['0.name', '1.pageSize', '2.pageSize', '3.everySeconds', '4.everySeconds', '5.maxPages'],
      ...['6.timeoutSeconds', '7.maxResponseMegabytes', '8.closeMissing', '9.format', '10'],
    ]);
  });

  it.each([
    ['gamma.test/markets?key=secret', 'must be an http(s) URL'],
    ['file:///etc/passwd', 'must be an http(s) URL'],
    ['https://ada:secret@gamma.test/markets', 'must not contain a user name or a password'],
    [
      'https://gamma.test/markets?limit=5',
      'must not contain the parameter limit, which the poller sets for each page (see pageSize)',
    ],
    [
      'https://gamma.test/markets?after_cursor=MQ',
      'must not contain the parameter after_cursor, which the poller sets for each page (see pageSize)',
    ],
  ])('rejects the URL %s without quoting it', (url, message) => {
    expect(errorsOf([{ ...gamma, url }])).toEqual([`0.url: ${message}`]);
  });

  it('accepts the example in docs/sources.md', () => {
    const page = readFileSync(new URL('../../../../docs/sources.md', import.meta.url), 'utf8');
    const [, example = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
    const { sources } = parse(example) as { sources: unknown };
    expect(sourcesSchema.parse(sources)).toMatchObject([{ name: 'polymarket' }, { maxPages: 5 }]);
  });

  it('rejects a duplicate name, because the name identifies the polling state', () => {
    expect(errorsOf([gamma, { ...manifold, name: 'polymarket' }])).toEqual([
      '1.name: must be unique ("polymarket" is the name of another source)',
    ]);
  });
});
