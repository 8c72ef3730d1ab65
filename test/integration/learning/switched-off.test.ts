import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { initialState, toStoredState } from '../../../src/learning/stored-state.js';
import { LiveSignals, signalMarket } from '../../../src/learning/live-signals.js';
import { packSignals } from '../../../src/learning/signals-codec.js';
import { storedMarket } from '../../support/stored-market.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;
let folder: string;
let file: string;

const config = loadRankingConfig(undefined);
const withMode = (mode: string): string =>
  JSON.stringify({ feed: { profileTimeoutMs: 5_000 }, learning: { mode } });

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-test-'));
  file = path.join(folder, 'ranking.yaml');
  await writeFile(file, withMode('learn'));
  gateway = await startTestGateway({ BELLWETHER_CONFIG: file });
  await gateway.addMarkets(
    ...Array.from({ length: 40 }, (_, index) => ({ id: `market-${index}`, title: `Question ${index}` })),
  );
  gateway.backend.liveConfig.start();
});

afterAll(async () => {
  await gateway.close();
  await rm(folder, { recursive: true });
});

/** Publishes a trusted model in which the weight of `touched` is 1, after an engagement with one market. */
async function publishModel(): Promise<number> {
  const signals = new LiveSignals();
  const market = signalMarket(storedMarket('market-30'));
  signals.add({ atMs: gateway.clock.nowMs, userKey: 'bob', country: null, market });
  const { weights, squares, trust } = toStoredState(initialState(config.v2.weights));
  const model = {
    ...{ publishedAt: new Date(gateway.clock.nowMs), seq: 0n, signals: await packSignals(signals) },
    exploration: null,
    state: { weights: { ...weights, touched: 60 * 0.1 }, squares, trust: { ...trust, isTrusted: true } },
  };
  const version = await gateway.backend.store.transaction(({ models }) => models.publish(model));
  await gateway.backend.models.load();
  return version;
}

interface ServedFeed {
  readonly id: string;
  readonly modelVersion: string;
  readonly hero: { readonly market: { readonly id: string } } | null;
  readonly grid: readonly { readonly market: { readonly id: string } }[];
}

const FEED = `query ($limit: Int) { feed(userKey: "ann", limit: $limit) { id modelVersion hero { market { id } } grid { market { id } } } }`;
const EXPLAIN = `query ($feedId: ID!) {
  explainFeed(feedId: $feedId) { feed { modelVersion } replay { outcome } items { contributions { part weight } } }
}`;

async function feed(): Promise<ServedFeed> {
  const { data, errors } = await gateway.query(FEED, { limit: 10 });
  expect(errors).toBeUndefined();
  return data?.['feed'] as ServedFeed;
}

/** The weight of `touched` by which a served feed is explained; undefined if it contributes to no item. */
async function weightOfTouched(feedId: string): Promise<number | undefined> {
  const { data } = await gateway.query(EXPLAIN, { feedId });
  const explained = data?.['explainFeed'] as {
    readonly replay: { readonly outcome: string };
    readonly items: readonly { readonly contributions: readonly { part: string; weight: number }[] }[];
  };
  expect(explained.replay.outcome).toBe('SAME');
  return explained.items.flatMap(({ contributions }) => contributions).find(({ part }) => part === 'TOUCHED')
    ?.weight;
}

async function switchTo(mode: string): Promise<void> {
  const before = gateway.backend.liveConfig.current.version;
  await writeFile(`${file}.new`, withMode(mode));
  await rename(`${file}.new`, file);
  await expect.poll(() => gateway.backend.liveConfig.current.version, { timeout: 5_000 }).not.toBe(before);
}

it('serves feeds by the weights of the config once the learner is switched off, and by the learned ones after it is on again', async () => {
  const version = String(await publishModel());
  const learned = await feed();
  expect(learned.modelVersion).toBe(version);
  expect(learned.hero?.market.id ?? learned.grid[0]?.market.id).toBe('market-30');
  expect(await weightOfTouched(learned.id)).toBeCloseTo(1, 12);

  await switchTo('off');
  const off = await feed();
  expect(off.modelVersion).toBe(`${version}-off`);
  expect(off.id).not.toBe(learned.id);
  expect(await weightOfTouched(off.id)).toBe(config.v2.weights.touched);
  // The feed that was served before is still explained by its own model.
  expect(await weightOfTouched(learned.id)).toBeCloseTo(1, 12);

  await switchTo('learn');
  const again = await feed();
  expect(again).toEqual(learned);
});
