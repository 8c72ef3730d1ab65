import { afterAll, beforeAll, expect, it } from 'vitest';
import { TrackInteractionDocument } from '../../src/generated/client/graphql.js';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';

const EVENTS = 300;
const FEEDS = 20;

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets(...Array.from({ length: 30 }, (_, index) => ({ id: `m${index}` })));
  for (let index = 0; index < FEEDS; index++) await track(`reader ${index}`, 'm1', 'HIDE');
  // Whoever reads is not in memory any more.
  gateway.clock.nowMs += 601_000;
});

afterAll(() => gateway.close());

const track = (userKey: string, marketId: string, eventType: 'CLICK' | 'HIDE') =>
  gateway.run(TrackInteractionDocument, { input: { userKey, marketId, eventType } });

it('feeds of others are answered in full while many events are stored', async () => {
  let inFlight = EVENTS;
  const events = Array.from({ length: EVENTS }, async (_, index) => {
    const answer = await track(`writer ${index % 100}`, `m${index % 30}`, 'CLICK');
    inFlight -= 1;
    return answer;
  });
  const feeds = Array.from({ length: FEEDS }, async (_, index) => {
    const { data } = await gateway.query(
      `{ feed(userKey: "reader ${index}") { degraded personalized grid { market { id } } stream { market { id } } } }`,
    );
    return { feed: data?.['feed'] as Record<string, unknown>, eventsInFlight: inFlight };
  });
  for (const { feed } of await Promise.all(feeds)) {
    expect(feed).toMatchObject({ degraded: false, personalized: true });
    expect(JSON.stringify(feed)).not.toContain('"m1"');
  }
  const answers = await Promise.all(events);
  expect(answers.map(({ data }) => data?.trackInteraction.status)).toEqual(answers.map(() => 'RECORDED'));
  for (let index = 0; index < 100; index++) {
    const [profile] = await gateway.backend.services.profiles.load([`writer ${index}`]);
    expect(profile?.totalInteractions).toBe(EVENTS / 100);
  }
});
