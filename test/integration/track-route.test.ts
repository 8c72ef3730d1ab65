import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FeedDocument } from '../../src/generated/client/graphql.js';
import { rowCounts } from '../support/row-counts.js';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets({ id: 'm1' }, { id: 'm2', category: 'Science' });
});

afterAll(() => gateway.close());

async function send(body: unknown, contentType = 'application/json') {
  const response = await fetch(`${gateway.url}/track`, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body: JSON.stringify(body),
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

describe('a report of a page that is left', () => {
  it('is recorded as by the mutations, and the next feed has learned from it', async () => {
    const { status, answer } = await send({
      interactions: [
        {
          userKey: 'ada',
          marketId: 'm2',
          eventType: 'CLICK',
          clientEventId: 'c1',
          occurredAt: '2026-06-15T11:59:00Z',
        },
        { userKey: 'ada', marketId: 'nowhere', eventType: 'CLICK' },
        { userKey: 'ada', marketId: 'm2', eventType: 'CLICK', clientEventId: 'c1' },
      ],
      impressions: {
        userKey: 'ada',
        items: [{ marketId: 'm1', section: 'HERO', position: 0 }, { marketId: 'm9' }],
      },
    });
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      interactions: [
        { status: 'RECORDED' },
        { status: 'REJECTED', field: 'marketId', reason: 'There is no market "nowhere".' },
        { status: 'DUPLICATE' },
      ],
      impressions: { recorded: 1, rejected: [{ index: 1, field: 'marketId' }] },
    });
    const { data } = await gateway.run(FeedDocument, { userKey: 'ada', limit: 2 });
    expect(data?.feed.personalized).toBe(true);
  });

  it.each([
    ['nothing at all', {}, 'interactions'],
    ['a name that nobody knows', { clicks: [] }, ''],
    ['too many events', { interactions: Array.from({ length: 501 }, () => ({})) }, 'inputs'],
    ['impressions of nobody', { impressions: { items: [{ marketId: 'm1' }] } }, 'input.userKey'],
  ])('with %s is refused, naming the field, and nothing is stored', async (_, body, field) => {
    const before = await rowCounts(gateway.databaseUrl);
    const { status, answer } = await send(body);
    expect(status).toBe(400);
    expect(answer).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT', field } }] });
    expect(await rowCounts(gateway.databaseUrl)).toEqual(before);
  });

  it('that another site could send by a form is refused', async () => {
    expect((await send({ interactions: [] }, 'text/plain')).status).toBe(415);
  });
});
