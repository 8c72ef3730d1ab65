import { describe, expect, it } from 'vitest';
import { gammaMarket, manifoldMarket, type MarketSite } from '../../support/market-site.js';
import type { PolledCatalog } from '../../support/polled-catalog.js';
import { usePolledSite } from '../../support/polled-site.js';

const NOW_MS = Date.UTC(2026, 5, 15, 12);

let polled: PolledCatalog;
let site: MarketSite;

usePolledSite(NOW_MS, (opened) => {
  ({ polled, site } = opened);
});

async function failureOf(path: string, options: object = {}): Promise<string> {
  const source = polled.poller({ url: `${site.url}${path}`, ...options });
  const error: unknown = await source.poll(new AbortController().signal).catch((failure: unknown) => failure);
  if (!(error instanceof Error)) throw new Error(`This poll did not fail: ${JSON.stringify(error)}`);
  return error.message.replaceAll(new URL(site.url).host, 'site');
}

describe('a list that does not end', () => {
  it.each([
    ['A, B, A, B', ['A', 'B'], 'site returned page 1 again as page 3, so its list does not end.'],
    [
      'A, B, C, B, C',
      ['A', 'B', 'C', 'B', 'C'],
      'site returned page 2 again as page 4, so its list does not end.',
    ],
  ])('fails the poll if its cursors are %s', async (_, cursors, failure) => {
    let next = 0;
    site.override = () => (outgoing) => {
      const cursor = cursors[next % cursors.length];
      next += 1;
      outgoing.end(JSON.stringify({ markets: [gammaMarket(next)], next_cursor: cursor }));
    };
    expect(await failureOf('/markets/keyset')).toBe(failure);
    expect(site.requests.length).toBeLessThan(6);
    expect(await polled.statuses()).toEqual({});
  });

  it('fails the poll if its pages repeat', async () => {
    const pages = [
      [4, 3],
      [2, 1],
    ].map((numbers) => numbers.map((number) => manifoldMarket(number)));
    site.override = (_, count) => (outgoing) => outgoing.end(JSON.stringify(pages[(count - 1) % 2]));
    expect(await failureOf('/v0/markets', { format: 'manifold' })).toMatch(
      /^site returned page 1 again as page 3/,
    );
  });
});

describe('the error text of a site', () => {
  const long = 'too many '.repeat(60);
  it.each<[string, string]>([
    ['{"error": "use keyset"}', ': "use keyset".'],
    ['{"type": "validation error", "error": "use keyset"}', ': "use keyset".'],
    ['{"errors": [{"message": "use keyset"}]}', ': "use keyset".'],
    ['{"message": {"detail": "use keyset"}}', ': "use keyset".'],
    ['use\n\tkeyset', ': "use keyset".'],
    ['{"error": "\\u001b[2J\\u202eno"}', ': "\\u001b[2J\\u202eno".'],
    ['{"error": "the key c0ffee-secret is not known"}', ': "the key … is not known".'],
    [JSON.stringify({ error: long }), `: "${long.slice(0, 296)}…".`],
    ['{"code": 7}', ': "{"code": 7}".'],
    ['<html>no</html>', '.'],
    ['', '.'],
  ])('is quoted in the message: %j', async (body, quoted) => {
    site.override = () => (outgoing) =>
      outgoing.writeHead(422, { 'content-type': 'application/json' }).end(body);
    expect(await failureOf('/markets?key=c0ffee-secret')).toBe(
      `site responded with 422 Unprocessable Entity for page 1${quoted}`,
    );
  });

  it('is read up to a limit', async () => {
    site.override = () => (outgoing) => {
      outgoing.writeHead(500);
      const more = (): void => {
        while (!outgoing.destroyed && outgoing.write('x'.repeat(65_536)));
      };
      outgoing.on('drain', more);
      more();
    };
    const failure = await failureOf('/markets');
    expect(failure).toMatch(/^site responded with 500 Internal Server Error for page 1: "x+…"\.$/);
    expect(failure.length).toBeLessThan(400);
  });
});
