import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';
import { GatewayError, SiteVisit, type FrontPage } from './client-app.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets(
    ...Array.from({ length: 12 }, (_, index) => ({
      id: `p${index}`,
      probability: 0.4,
      volumeTotal: 100 - index,
    })),
    ...Array.from({ length: 12 }, (_, index) => ({
      id: `s${index}`,
      category: 'Science',
      volumeTotal: 50 - index,
    })),
  );
});

afterAll(() => gateway.close());

function visit(userKey: string, fetchFrom: typeof fetch = fetch): SiteVisit {
  return new SiteVisit({
    endpoint: `${gateway.url}/graphql`,
    userKey,
    fetch: fetchFrom,
    newId: randomUUID,
    pause: () => Promise.resolve(),
  });
}

function cardOf(page: FrontPage, marketId: string) {
  const card = page.cards.find((shown) => shown.marketId === marketId);
  if (card === undefined) throw new Error(`The page does not contain ${marketId}.`);
  return card;
}

it('renders a page, reports events, and renders a next page that reflects them', async () => {
  const site = visit('ada');
  const page = await site.frontPage(15);
  expect(page.cards).toHaveLength(15);
  expect(page.cards[0]).toEqual({
    ...{ marketId: 'p0', heading: 'Politics: Will p0 happen?', odds: '40 %', section: 'HERO', position: 0 },
  });
  const science = cardOf(page, 's0');
  expect(science).toMatchObject({ odds: '', section: 'GRID' });
  expect(await site.report('CLICK', science, page)).toBe('RECORDED');
  expect(await site.report('PARTICIPATE', science, page)).toBe('RECORDED');
  expect((await site.frontPage(15)).cards[0]?.heading).toMatch(/^Science: /);
});

it('records an event once when its response is lost', async () => {
  let lost = 0;
  const lossyFetch: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (typeof init?.body === 'string' && init.body.includes('mutation') && ++lost <= 2)
      throw new TypeError('The connection was lost.');
    return response;
  };
  const site = visit('bea', lossyFetch);
  const page = await site.frontPage(5);
  expect(await site.report('SHARE', cardOf(page, 'p0'), page)).toBe('DUPLICATE');
  expect(lost).toBe(3);
});

it('throws an error with the invalid field', async () => {
  const thrown = await visit('')
    .frontPage(5)
    .catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(GatewayError);
  expect(thrown).toMatchObject({ code: 'BAD_USER_INPUT', field: 'userKey' });
});
