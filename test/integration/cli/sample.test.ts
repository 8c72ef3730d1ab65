import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSample } from '../../../src/cli/sample-data.js';
import { exampleQueries } from '../../../src/server/graphiql.js';
import { connectLive } from '../../support/live-socket.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await loadSample(gateway.backend, TEST_NOW_MS);
});

afterAll(() => gateway.close());

describe('the sample', async () => {
  const examples = await exampleQueries();
  const isSubscription = ({ query }: { query: string }): boolean => /^\s*subscription\b/m.test(query);

  it.each(examples.filter(isSubscription))(
    'accepts the example subscription of GraphiQL with variables $variables',
    async ({ query, variables }) => {
      const live = await connectLive(gateway.url);
      live.subscribe('example', query, { ...variables });
      await live.roundTrip();
      // Any message at this point would be an error.
      expect(live.messages).toEqual([]);
      live.socket.terminate();
    },
  );

  it.each(examples.filter((example) => !isSubscription(example)))(
    'returns sample data for the example query of GraphiQL with variables $variables',
    async ({ query, variables }) => {
      const { status, data, errors } = await gateway.query(query, { ...variables });
      expect(errors).toBeUndefined();
      expect(status).toBe(200);
      // One alternative per kind of example; empty lists and zeros match none.
      expect(JSON.stringify(data)).toMatch(
        /"title":|"status":"RECORDED"|"totalInteractions":[1-9]|"name":"trends"|"at":"20/,
      );
    },
  );

  it('returns a personalized feed with at least 3 categories and a hero image', async () => {
    const { data } = await gateway.query(
      `{ feed(userKey: "sample-politics-001", country: "IL") {
          personalized hero { market { imageUrl } } grid { market { category } } } }`,
    );
    const feed = data?.['feed'] as {
      personalized: boolean;
      hero: { market: { imageUrl: string } };
      grid: { market: { category: string } }[];
    };
    expect(feed.personalized).toBe(true);
    expect(new Set(feed.grid.map(({ market }) => market.category)).size).toBeGreaterThanOrEqual(3);
    const image = await fetch(`${gateway.url}${feed.hero.market.imageUrl}`);
    expect(image.headers.get('content-type')).toBe('image/svg+xml');
    expect(await image.text()).toContain('<svg');
  });

  it('returns local trends for Israel', async () => {
    const { data } = await gateway.query(
      '{ trending(country: "il", limit: 5) { scope country markets { rank score } } }',
    );
    expect(data).toMatchObject({
      trending: { scope: 'LOCAL', country: 'IL', markets: [{ rank: 1, score: 1 }, {}, {}, {}, {}] },
    });
  });

  it('returns more than 3 markets with a high rising score, from the simulated odds history', async () => {
    const { data } = await gateway.query('{ feed(limit: 100) { stream { scores { rising } } } }');
    const { stream } = data?.['feed'] as { stream: { scores: { rising: number } }[] };
    expect(stream.filter(({ scores }) => scores.rising > 0.3).length).toBeGreaterThan(3);
  });
});
