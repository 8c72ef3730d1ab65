import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TrackInteractionDocument } from '../../../src/generated/client/graphql.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

/** Each has one event in progress at all times. */
const WRITERS = 60;
const MAX_EVENTS = 500;
const FEEDS = 20;

let gateway: TestGateway;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-load-'));
  // Generous, since the client shares its thread with the gateway: only a read that waits for the events exceeds it.
  const config = path.join(folder, 'config.yaml');
  await writeFile(config, 'feed: { profileTimeoutMs: 2000 }');
  gateway = await startTestGateway({ BELLWETHER_CONFIG: config });
  await gateway.addMarkets(...Array.from({ length: 30 }, (_, index) => ({ id: `m${index}` })));
  for (let index = 0; index < FEEDS; index++) await track(`reader ${index}`, 'm1', 'HIDE');
  await readFeed('another user');
  // Past the TTL, so the profiles of readers are no longer cached.
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

it('returns full feeds to other users while many events are stored', async () => {
  let reading = true;
  const recorded = new Map<string, number>();
  const writers = Array.from({ length: WRITERS }, async (_, index) => {
    const userKey = `writer ${index}`;
    for (let event = 0; reading && event < MAX_EVENTS; event++) {
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
