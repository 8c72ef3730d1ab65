/** The events of the whole site: many users at once, each in a session on a few markets; popular markets have more. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { SiteCatalog, SiteMarket } from './catalog.ts';
import { COUNTRIES, detailsOf, drawEventType, type SiteEvent } from './history.ts';
import { userKeyOf } from './keys.ts';
import type { CohortUsers } from './size.ts';

const SESSIONS_AT_ONCE = 500;
const EVENTS_OF_SESSION = 30;
const AGAIN = 0.5;
const POPULAR = 0.5;

interface Session {
  readonly userKey: string;
  readonly country: string;
  market: SiteMarket;
  left: number;
}

/** Events evenly over a time, the oldest first. */
export function* siteTraffic(
  rng: RandomGenerator,
  {
    from,
    to,
    count,
    catalog,
    cohorts,
  }: {
    from: number;
    to: number;
    count: number;
    catalog: SiteCatalog;
    cohorts: readonly CohortUsers[];
  },
): Generator<SiteEvent> {
  // Half of the attention goes to few markets: those of the start of the time, the first ones most.
  const popular = Array.from({ length: 500 }, () => catalog.openAt(from, rng));
  const marketAt = (atMs: number): SiteMarket => {
    if (uniformFloat64(rng) >= POPULAR) return catalog.openAt(atMs, rng);
    const market = popular[Math.floor(popular.length * uniformFloat64(rng) ** 3)];
    return market !== undefined && market.resolvesAtMs > atMs ? market : catalog.openAt(atMs, rng);
  };
  const start = (atMs: number): Session => ({
    userKey: userKeyOf(drawUser(rng, cohorts)),
    country: COUNTRIES[Math.floor(uniformFloat64(rng) * COUNTRIES.length)] ?? 'US',
    market: marketAt(atMs),
    left: 1 + Math.floor(-Math.log(1 - uniformFloat64(rng)) * EVENTS_OF_SESSION),
  });
  const sessions = Array.from({ length: SESSIONS_AT_ONCE }, () => start(from));
  for (let index = 0; index < count; index += 1) {
    const atMs = Math.floor(from + ((to - from) * index) / count);
    const slot = Math.floor(uniformFloat64(rng) * SESSIONS_AT_ONCE);
    let session = sessions[slot];
    if (session === undefined || session.left === 0) sessions[slot] = session = start(atMs);
    session.left -= 1;
    if (uniformFloat64(rng) >= AGAIN) session.market = marketAt(atMs);
    const { userKey, country, market } = session;
    const eventType = drawEventType(rng);
    yield { userKey, country, market, eventType, atMs, ...detailsOf(eventType, rng) };
  }
}

/** The number of a user: cohorts by their activity, and within one the first users more often. */
export function drawUser(rng: RandomGenerator, cohorts: readonly CohortUsers[]): number {
  let at = uniformFloat64(rng);
  const cohort = cohorts.find(({ activity }) => (at -= activity) < 0) ?? cohorts[0];
  if (cohort === undefined) throw new Error('There are no cohorts.');
  return cohort.first + Math.floor(cohort.count * uniformFloat64(rng) ** 2);
}
