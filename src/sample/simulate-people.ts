import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { InteractionDraft } from '../catalog/importers/market-draft.js';
import { archetypes } from './archetypes.js';
import { browse } from './browse-session.js';
import { countryOf } from './countries.js';
import type { SampleCountry } from './countries.js';
import { drawTaste, worldOf } from './latent-taste.js';
import type { WorldMarket } from './latent-taste.js';
import { logNormal } from './random-draws.js';
import type { SampleMarket } from './sample-catalog.js';
import type { SimulatedPerson } from './session.js';
import { sessionStarts } from './session-starts.js';
import type { Visitor } from './session-starts.js';

/** A simulated person, as far as the outside needs to know. */
export interface SamplePerson {
  userKey: string;
  archetype: string;
  country: SampleCountry;
}

/** Log-spread of a person's usual stake round the archetype's. */
const stakeSpread = 0.5;

type Resident = SamplePerson & Visitor;

/**
 * Invented people and what they did in the last `days`, drawn from one generative model: a person has
 * a latent taste over categories and tags, visits at human hours of their country, and in a visit
 * clicks what taste, the visit's focus, popularity and recency make likely. So a ranking algorithm
 * that learns tastes does better on this record than one that does not, and not by construction of
 * any single rule. Keys read `sample-<archetype>-001`; the lower the number, the more active. Who
 * lives where depends on `people` alone; all else on the seed.
 *
 * @returns interactions in time order, none after `nowMs`, none outside a market's life; the same
 *   input gives the same output
 */
export function simulatePeople(
  markets: readonly SampleMarket[],
  { seed, nowMs, people, days }: { seed: number; nowMs: number; people: number; days: number },
): { people: SamplePerson[]; interactions: InteractionDraft[] } {
  const world = worldOf(markets);
  const ends = new Map(world.map(({ id, endsAtMs }) => [id, endsAtMs]));
  const residents = settle(people);
  const streams = xoroshiro128plus(seed);
  const timed = residents.flatMap((resident) => {
    // Far apart in the generator, so that one person's draws are independent of another's.
    streams.jump();
    return live(streams.clone(), resident, world, nowMs, days)
      .map((event) => ({ atMs: Date.parse(event.occurredAt), event }))
      .filter(({ atMs, event }) => atMs <= nowMs && atMs <= (ends.get(event.marketId) ?? nowMs));
  });
  return {
    people: residents.map(({ userKey, archetype, country }) => ({ userKey, archetype, country })),
    interactions: timed.sort((a, b) => a.atMs - b.atMs).map(({ event }) => event),
  };
}

/** Shares out the people over the archetypes, by cumulative rounding, and the archetypes over the countries. */
function settle(people: number): Resident[] {
  let share = 0;
  return archetypes.flatMap((kind) => {
    const before = Math.round(share * people);
    share += kind.share;
    const count = Math.round(share * people) - before;
    return Array.from({ length: count }, (_, index) => ({
      userKey: `sample-${kind.name}-${String(index + 1).padStart(3, '0')}`,
      archetype: kind.name,
      country: countryOf(index, kind.firstCountry),
      kind,
      rankShare: (index + 0.5) / count,
    }));
  });
}

function live(
  rng: RandomGenerator,
  resident: Resident,
  world: readonly WorldMarket[],
  nowMs: number,
  days: number,
): InteractionDraft[] {
  const { userKey, kind, country } = resident;
  const person: SimulatedPerson = {
    userKey,
    archetype: kind,
    country,
    taste: drawTaste(rng, kind, country, world),
    medianStake: logNormal(rng, kind.medianStake, stakeSpread),
    timesShown: new Map(),
    held: [],
    hidden: new Set(),
  };
  const limit = kind.maxActions === undefined ? Infinity : uniformInt(rng, 1, kind.maxActions);
  const events: InteractionDraft[] = [];
  let freeMs = -Infinity;
  for (const [visit, startMs] of sessionStarts(rng, resident, nowMs, days).entries()) {
    if (startMs < freeMs || actionsIn(events) >= limit) continue;
    const sessionId = `${userKey}-s${visit + 1}`;
    const session = { rng, world, person, sessionId, events, focus: new Set<string>(), clockMs: startMs };
    browse(session);
    freeMs = session.clockMs;
  }
  return upToAction(events, limit);
}

function actionsIn(events: readonly InteractionDraft[]): number {
  return events.filter(({ eventType }) => eventType !== 'IMPRESSION').length;
}

/** What happened up to and with the `limit`-th event that is not an impression. */
function upToAction(events: readonly InteractionDraft[], limit: number): InteractionDraft[] {
  let actions = 0;
  const end = events.findIndex(({ eventType }) => eventType !== 'IMPRESSION' && (actions += 1) >= limit);
  return events.slice(0, end === -1 ? undefined : end + 1);
}
