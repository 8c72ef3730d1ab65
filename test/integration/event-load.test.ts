import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TrackInteractionDocument } from '../../src/generated/client/graphql.js';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';

const EVENTS = 300;
const FEEDS = 20;

let gateway: TestGateway;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-load-'));
  // The client shares its thread with the gateway, and the machine may be busy: only a reader who has to wait
  // for the events themselves takes longer than this.
  const config = path.join(folder, 'config.yaml');
  await writeFile(config, 'feed: { profileTimeoutMs: 2000 }');
  gateway = await startTestGateway({ BELLWETHER_CONFIG: config });
  await gateway.addMarkets(...Array.from({ length: 30 }, (_, index) => ({ id: `m${index}` })));
  for (let index = 0; index < FEEDS; index++) await track(`reader ${index}`, 'm1', 'HIDE');
  await readFeed('somebody else');
  // Whoever reads is not in memory any more.
  gateway.clock.nowMs += 601_000;
});

afterAll(async () => {
  await gateway.close();
  await rm(folder, { recursive: true });
});

const track = (userKey: string, marketId: string, eventType: 'CLICK' | 'HIDE') =>
  gateway.run(TrackInteractionDocument, { input: { userKey, marketId, eventType } });

const readFeed = (userKey: string) =>
  gateway.query(
    `query ($userKey: String) { feed(userKey: $userKey) {
      degraded personalized grid { market { id } } stream { market { id } } } }`,
    { userKey },
  );

it('feeds of others are answered in full while many events are stored', async () => {
  let inFlight = EVENTS;
  const events = Array.from({ length: EVENTS }, async (_, index) => {
    const answer = await track(`writer ${index % 100}`, `m${index % 30}`, 'CLICK');
    inFlight -= 1;
    return answer;
  });
  const feeds = Array.from({ length: FEEDS }, async (_, index) => {
    const { data } = await readFeed(`reader ${index}`);
    return { feed: data?.['feed'], eventsInFlight: inFlight };
  });
  const read = await Promise.all(feeds);
  expect(Math.max(...read.map(({ eventsInFlight }) => eventsInFlight))).toBeGreaterThan(0);
  for (const { feed } of read) {
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
