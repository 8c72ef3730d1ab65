import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TrackInteractionDocument } from '../../../src/generated/client/graphql.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

/** Each has an event under way all the time. */
const WRITERS = 60;
const MOST_EVENTS = 500;
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
  let reading = true;
  const recorded = new Map<string, number>();
  const writers = Array.from({ length: WRITERS }, async (_, index) => {
    const userKey = `writer ${index}`;
    for (let event = 0; reading && event < MOST_EVENTS; event++) {
      const { data } = await track(userKey, `m${event % 30}`, 'CLICK');
      expect(data?.trackInteraction.status).toBe('RECORDED');
      recorded.set(userKey, event + 1);
    }
  });
  const feeds = await Promise.all(Array.from({ length: FEEDS }, (_, index) => readFeed(`reader ${index}`)));
  reading = false;
  await Promise.all(writers);
  for (const { data } of feeds) {
    expect(data?.['feed']).toMatchObject({ degraded: false, personalized: true });
    expect(JSON.stringify(data)).not.toContain('"m1"');
  }
  expect(recorded.size).toBe(WRITERS);
  for (const [userKey, events] of recorded) {
    const [profile] = await gateway.backend.services.profiles.load([userKey]);
    expect(profile?.totalInteractions).toBe(events);
  }
});
