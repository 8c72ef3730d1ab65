import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CLOCK_STEP_MS } from '../../../src/feed/ranking-time.js';
import { readOperation } from '../../../src/graphql/packaged-operations.js';
import { HOUR_MS } from '../../../src/lib/time.js';
import { startCommand, type RunningCommand } from '../../support/command.js';
import { queryDatabase } from '../../support/test-database.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

const TRIES = 200;
const USERS = 20;
const EVENT_TYPES = ['CLICK', 'VIEW_MARKET', 'IMPRESSION', 'PARTICIPATE', 'HIDE', 'DWELL_30'];

/** More than the requests of one try take. */
const ENOUGH_MS = 1_000;
/** An event of one replica is visible on the other within this time; it usually takes a few milliseconds. */
const VISIBLE_WITHIN_MS = 2_000;

interface Replica {
  readonly command: RunningCommand;
  readonly url: string;
}

/** Changes markets; no replica of these tests. */
let writer: TestGateway;
let first: Replica;
let second: Replica;

const FEED = `query ($userKey: String) {
  feed(userKey: $userKey, country: "IL", limit: 30) {
    id generatedAt userKey country algorithm algorithmVersion configVersion personalized degraded
    hero { ...Item } grid { ...Item } stream { ...Item }
    items(first: 60) { edges { cursor node { ...Item } } pageInfo { hasNextPage endCursor } } } }
  fragment Item on FeedItem {
    id rank section position slot badge reason reasonParts score propensity market { id title probability }
    scores { final personal interest similarity continuity depth followup negative trending freshness closing discount } }`;

async function send(replica: Replica, query: string, variables: Record<string, unknown>): Promise<string> {
  const response = await fetch(`${replica.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  if (text.includes('"errors"')) throw new Error(text);
  return text;
}

const feedOf = (replica: Replica, userKey: string | null) => send(replica, FEED, { userKey });

const idOf = (answer: string) => (JSON.parse(answer) as { data: { feed: { id: string } } }).data.feed.id;

async function start(): Promise<Replica> {
  const command = startCommand(['serve', '--no-jobs'], { PORT: '0', DATABASE_URL: writer.databaseUrl });
  const [, url = ''] = await command.line(/GraphQL at (http:\S+)\/graphql/);
  return { command, url };
}

/** Waits for a time at which a try does not cross the end of a clock step. */
const withinStep = () =>
  vi.waitUntil(() => Date.now() % CLOCK_STEP_MS < CLOCK_STEP_MS - ENOUGH_MS, {
    timeout: CLOCK_STEP_MS,
    interval: 5,
  });

const marketOf = (number: number) => ({
  id: `market-${number}`,
  title: `Will topic ${number % 7} of theme ${number % 11} happen by year ${number}?`,
  category: ['Politics', 'Crypto', 'Science', 'Sports', 'World'][number % 5] ?? '',
  tags: [`tag-${number % 7}`, `tag-${number % 13}`],
  probability: (number % 97) / 100,
  volume24h: 1_000 + number,
  volumeTotal: 10_000 + ((number * 37) % 1_000),
  createdAt: new Date(Date.UTC(2026, 0, 1) + number * HOUR_MS),
});

beforeAll(async () => {
  writer = await startTestGateway();
  // The first replica learns of the markets in another order than the second, which reads them all at its start.
  first = await start();
  const markets = Array.from({ length: 120 }, (_, index) => marketOf((index * 41) % 120));
  await writer.addMarkets(...markets.slice(0, 70));
  await vi.waitFor(async () => expect(await feedOf(first, null)).toContain('market-'), VISIBLE_WITHIN_MS);
  await writer.addMarkets(...markets.slice(70));
  second = await start();
}, 30_000);

afterAll(async () => {
  for (const { command } of [first, second]) {
    command.child.kill('SIGTERM');
    expect(await command.finished).toMatchObject({ code: 0, stderr: '' });
  }
  await writer.close();
});

describe('two replicas', () => {
  it(`give the same answer to the byte to one question, and another right after an event, ${TRIES} times`, async () => {
    const track = await readOperation('track-interaction');
    for (let round = 0; round < TRIES; round += 1) {
      const [from, to] = round % 2 === 0 ? [first, second] : [second, first];
      const userKey = `user ${round % USERS}`;
      await withinStep();
      const [here, there] = await Promise.all([feedOf(from, userKey), feedOf(to, userKey)]);
      expect(there).toBe(here);

      const input = {
        ...{ userKey, marketId: `market-${(round * 17) % 120}` },
        eventType: EVENT_TYPES[round % EVENT_TYPES.length],
      };
      await send(from, track, { input });
      const after = await feedOf(from, userKey);
      expect(idOf(after)).not.toBe(idOf(here));
      await vi.waitFor(async () => expect(idOf(await feedOf(to, userKey))).not.toBe(idOf(here)), {
        ...{ timeout: VISIBLE_WITHIN_MS, interval: 2 },
      });
      await withinStep();
      const [again, elsewhere] = await Promise.all([feedOf(from, userKey), feedOf(to, userKey)]);
      expect(elsewhere).toBe(again);
    }
  }, 120_000);

  it('give one answer to anonymous users, and store one feed for all of these requests', async () => {
    await withinStep();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => feedOf(index % 2 === 0 ? first : second, null)),
    );
    expect(new Set(answers).size).toBe(1);
    const stored = () =>
      queryDatabase(
        writer.databaseUrl,
        `select count(*)::int as feeds from served_feeds where feed_id = '${idOf(answers[0] ?? '')}'`,
      );
    await expect.poll(stored).toEqual([{ feeds: 1 }]);
  });

  it('give a new answer after a market on the page has changed', async () => {
    await withinStep();
    const before = await feedOf(first, null);
    const [, marketId = ''] = /"market":\{"id":"(.*?)"/.exec(before) ?? [];
    await writer.addMarkets({ id: marketId, title: 'Will it change?', editorialBoost: 1 });
    await vi.waitFor(
      async () => expect(idOf(await feedOf(first, null))).not.toBe(idOf(before)),
      VISIBLE_WITHIN_MS,
    );
    await vi.waitFor(
      async () => expect(await feedOf(second, null)).toBe(await feedOf(first, null)),
      VISIBLE_WITHIN_MS,
    );
  });
});
