/**
 * `node bench/profile-memory.ts`, after a build: fills the profile cache with 100,000 users modeled on the 500 of the
 * sample. Prints the memory of a user, as the cache counts it and as the process grows, and the time to encode and decode
 * a profile. Fails over 4,096 bytes a user, or when the cache counts less than it takes.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { loadRankingConfig } from '../dist/config/ranking-config.js';
import { ProfileCache } from '../dist/profiles/profile-cache.js';
import { MarketIndex } from '../dist/storage/markets/market-index.js';
import { unpackProfile, type PackedProfile } from '../dist/storage/profiles/packed-profile.js';
import { emptyProfile, type FullProfile, type ProfileEvent } from '../dist/domain/profile.js';
import { encodeProfile } from '../dist/storage/profiles/profile-columns.js';
import { loadSampleCatalog } from '../dist/sample/sample-catalog.js';
import { simulateUsers } from '../dist/sample/simulate-users.js';
import { EVENT_TYPES } from '../dist/domain/event.js';
import { eventWeight } from '../dist/scoring/shared/event-weight.js';
import { applyEvents } from '../dist/domain/apply-events.js';
import { decayConfig } from '../dist/profiles/profile-decay.js';

const USERS = 100_000;
const MAX_BYTES_PER_USER = 4_096;
/** Users differ in the markets that they saw: so many catalogs like the sample's are thought to be open. */
const CATALOGS = 20;
const NOW_MS = Date.UTC(2026, 4, 3, 17, 2, 30);

const { gc } = globalThis;
if (gc === undefined) {
  const self = fileURLToPath(import.meta.url);
  const { status } = spawnSync(process.execPath, ['--expose-gc', self], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else {
  await run(() => {
    gc({ execution: 'sync' });
  });
}

async function run(collectGarbage: () => void): Promise<void> {
  const states = sampleStates();
  console.log(
    `${states.length} users of the sample: on average ${mean(states.map((state) => state.topics.size))} topics, ` +
      `${mean(states.map((state) => state.engagements.size))} engagements, ` +
      `${mean(states.map((state) => state.impressions.size))} impressions`,
  );
  const active = await fill(collectGarbage, (index) => profileLike(states, index));
  say('active users', active);
  say('users never seen', await fill(collectGarbage, (index) => emptyProfile(keyOf(index))));
  time(states);
  process.exitCode = active.counted <= MAX_BYTES_PER_USER && active.grown <= active.counted ? 0 : 1;
}

interface Cost {
  readonly counted: number;
  readonly grown: number;
  readonly resident: number;
}

/** Bytes per user, with all users in one cache. */
async function fill(collectGarbage: () => void, profileOf: (index: number) => FullProfile): Promise<Cost> {
  const used = (): number[] => {
    collectGarbage();
    collectGarbage();
    const { heapUsed, external, rss } = process.memoryUsage();
    return [heapUsed + external, rss];
  };
  const [usedBefore = 0, residentBefore = 0] = used();
  const { numberOf } = numberedMarkets();
  const cache = new ProfileCache({
    read: (userKeys) =>
      Promise.resolve(
        userKeys.map((userKey) => {
          const profile = profileOf(indexOf(userKey));
          return { packed: packed(profile, numberOf), profile: { ...profile, lifetime: null } };
        }),
      ),
    unpack: () => undefined,
    maxBytes: 2 ** 30,
    ttlMs: () => Infinity,
    clock: () => NOW_MS,
  });
  for (let index = 0; index < USERS; index += 1) await cache.get(keyOf(index));
  const [usedAfter = 0, residentAfter = 0] = used();
  const { entries, bytes } = cache.stats;
  if (entries !== USERS) throw new Error(`The cache holds ${entries} users.`);
  return {
    counted: bytes / USERS,
    grown: (usedAfter - usedBefore) / USERS,
    resident: (residentAfter - residentBefore) / USERS,
  };
}

function say(who: string, { counted, grown, resident }: Cost): void {
  console.log(
    `${USERS} ${who}: ${counted.toFixed(0)} bytes each as counted, ${grown.toFixed(0)} by heap and ` +
      `external memory, ${resident.toFixed(0)} by resident memory`,
  );
}

/** The sample's users after everything they did, as the gateway would have learned it. */
function sampleStates(): FullProfile[] {
  const markets = loadSampleCatalog(NOW_MS);
  const marketOf = new Map(markets.map((market) => [market.id, market]));
  const { interactions } = simulateUsers(markets, { seed: 1, nowMs: NOW_MS, users: 500, days: 14 });
  const config = loadRankingConfig(undefined);
  const decay = decayConfig(config);
  const states = new Map<string, FullProfile>();
  for (const interaction of interactions) {
    const { userKey, marketId, occurredAt, country = null, dwellMs = null, stake = null } = interaction;
    const eventType = EVENT_TYPES.find((type) => type === interaction.eventType);
    const market = marketOf.get(marketId);
    if (eventType === undefined || market === undefined) throw new Error(`${marketId} cannot be applied.`);
    const event: ProfileEvent = {
      ...{ eventType, country, dwellMs, stake, market },
      occurredAtMs: Date.parse(occurredAt),
      weight: eventWeight(eventType, dwellMs, config.events),
    };
    const before = states.get(userKey) ?? emptyProfile(userKey);
    states.set(userKey, { ...applyEvents(before, [event], decay), version: before.version + 1 });
  }
  return [...states.values()];
}

/** One of the sample's users under another name, in another of the catalogs. */
function profileLike(states: readonly FullProfile[], index: number): FullProfile {
  const state = states[index % states.length];
  if (state === undefined) throw new Error('The sample has no users.');
  const catalog = Math.floor(index / states.length) % CATALOGS;
  const there = (marketId: string): string => `${marketId}-${catalog}`;
  const moved = <Value extends { readonly marketId: string }>(
    values: ReadonlyMap<string, Value>,
  ): Map<string, Value> =>
    new Map(
      [...values.values()].map((value) => {
        const marketId = there(value.marketId);
        return [marketId, { ...value, marketId }];
      }),
    );
  return {
    ...state,
    userKey: keyOf(index),
    engagements: moved(state.engagements),
    impressions: moved(state.impressions),
    hidden: new Map([...state.hidden].map(([marketId, atMs]) => [there(marketId), atMs])),
  };
}

function keyOf(index: number): string {
  return `bench-user-${String(index).padStart(9, '0')}`;
}

function indexOf(userKey: string): number {
  return Number(userKey.slice('bench-user-'.length));
}

/** Markets, each of which gets the next number when it is first named. */
function numberedMarkets(): {
  readonly markets: MarketIndex;
  readonly numberOf: (marketId: string) => number;
} {
  const markets = new MarketIndex();
  let numbers = 0;
  return {
    markets,
    numberOf: (marketId) => {
      const known = markets.numberOf(marketId);
      if (known !== undefined) return known;
      markets.add({ number: (numbers += 1), id: marketId, category: 'Politics', tags: [] });
      return numbers;
    },
  };
}

/** A profile as it is stored after a compaction and read by algorithm v2. */
function packed(profile: FullProfile, numberOf: (marketId: string) => number): PackedProfile {
  const { userKey, version } = profile;
  const { state, shown } = encodeProfile(profile, numberOf);
  return { userKey, version, stateVersion: version, state, shown, lifetime: null, recent: new Uint8Array(0) };
}

function time(states: readonly FullProfile[]): void {
  const { markets, numberOf } = numberedMarkets();
  const decay = decayConfig(loadRankingConfig(undefined));
  // No profile has recent events here.
  const encoded = states.map((state) => packed(state, numberOf));
  const rounds = Array.from({ length: 40 });
  const measure = <Value>(values: readonly Value[], work: (value: Value) => unknown): string => {
    const micros = rounds
      .flatMap(() =>
        values.map((value) => {
          const startedAt = process.hrtime.bigint();
          work(value);
          return Number(process.hrtime.bigint() - startedAt) / 1_000;
        }),
      )
      .sort((a, b) => a - b);
    const at = (share: number): string => (micros[Math.floor(share * micros.length)] ?? NaN).toFixed(1);
    return `median ${at(0.5)} µs, p99 ${at(0.99)} µs`;
  };
  console.log(`encode: ${measure(states, (state) => packed(state, numberOf))}`);
  console.log(`decode: ${measure(encoded, (profile) => unpackProfile(profile, markets, decay))}`);
  const sizes = encoded.map(({ state, shown }) => state.length + shown.length).sort((a, b) => a - b);
  console.log(
    `bytes without lifetime sums: mean ${mean(sizes)}, median ${sizes[sizes.length >> 1]}, largest ${sizes.at(-1)}`,
  );
}

function mean(values: readonly number[]): string {
  return (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(0);
}
