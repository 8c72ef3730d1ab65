import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/lib/time.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

let folder: string;
let showing: TestGateway;
let hiding: TestGateway;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'overdue-test-'));
  const config = join(folder, 'ranking.yaml');
  await writeFile(config, 'feed:\n  overdue: hide\n');
  [showing, hiding] = [await startTestGateway(), await startTestGateway({ BELLWETHER_CONFIG: config })];
  const due = (daysAgo: number) => ({ resolvesAt: new Date(TEST_NOW_MS - daysAgo * DAY_MS) });
  for (const gateway of [showing, hiding]) {
    await gateway.addMarkets(
      { id: 'open' },
      { id: 'due', ...due(1) },
      { id: 'overdue', ...due(1), status: 'OPEN' },
      { id: 'long-overdue', ...due(30), status: 'OPEN' },
    );
  }
});

afterAll(async () => {
  await showing.close();
  await hiding.close();
  await rm(folder, { recursive: true });
});

async function shownBy(gateway: TestGateway, algorithm: string) {
  const { data } = await gateway.query(
    'query ($algorithm: Algorithm) { feed(limit: 9, algorithm: $algorithm) { hero { ...item } grid { ...item } } } ' +
      'fragment item on FeedItem { badge market { id } }',
    { algorithm },
  );
  type Item = { badge: string | null; market: { id: string } };
  const { hero, grid } = data?.['feed'] as { hero: Item; grid: Item[] };
  return Object.fromEntries([hero, ...grid].map(({ market, badge }) => [market.id, badge]));
}

it.each(['V1', 'V2'])('%s shows an overdue market unless feed.overdue is hide', async (algorithm) => {
  expect(await shownBy(showing, algorithm)).toEqual({ open: 'NEW', overdue: 'NEW' });
  expect(await shownBy(hiding, algorithm)).toEqual({ open: 'NEW' });
});
