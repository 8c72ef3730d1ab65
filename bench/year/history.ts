/** Simulated histories: sessions of some 30 events, mostly on what the user likes, often on the same markets again. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { DAY_MS } from '../../dist/lib/time.js';
import { logNormal } from '../../dist/sample/random-draws.js';
import type { EventType } from '../../dist/domain/event.js';
import type { SiteCatalog, SiteMarket } from './catalog.ts';
import { type Cohort } from './size.ts';

export interface SiteEvent {
  readonly userKey: string;
  readonly market: SiteMarket;
  readonly eventType: EventType;
  readonly atMs: number;
  readonly dwellMs: number | null;
  readonly stake: number | null;
  readonly country: string;
}

export const COUNTRIES = ['US', 'GB', 'DE', 'FR', 'IL', 'IN', 'BR', 'JP'];
const EVENTS_OF_SESSION = 30;
/** A session begins with a page, whose impressions are reported together. */
const IMPRESSIONS_OF_PAGE = 12;
const PAUSE_MS = 20_000;
/** Number of kinds of markets: the markets of the sample catalog, of which the site repeats variants. */
const KINDS = 415;
/** Number of kinds that a user prefers. */
const PREFERRED_KINDS = 40;
/** Share of events on a market that the user has seen before. */
const REVISIT_SHARE = 0.45;

/** Cumulative shares of the event types. */
const MIX: readonly (readonly [EventType, number])[] = [
  ['IMPRESSION', 0.4],
  ['VIEW_MARKET', 0.55],
  ['CLICK', 0.7],
  ['DWELL_5', 0.79],
  ['DWELL_30', 0.84],
  ['SCROLL_PAST', 0.92],
  ['PARTICIPATE', 0.95],
  ['BOOKMARK', 0.97],
  ['PARTICIPATE_INTENT', 0.985],
  ['NOT_INTERESTED', 0.99],
  ['HIDE', 0.995],
  ['SHARE', 1],
];

export function drawEventType(rng: RandomGenerator): EventType {
  const at = uniformFloat64(rng);
  return MIX.find(([, until]) => at < until)?.[0] ?? 'CLICK';
}

/** An event type other than IMPRESSION. */
function drawAct(rng: RandomGenerator): EventType {
  for (;;) {
    const eventType = drawEventType(rng);
    if (eventType !== 'IMPRESSION') return eventType;
  }
}

/** What comes with an event of this type. */
export function detailsOf(eventType: EventType, rng: RandomGenerator): Pick<SiteEvent, 'dwellMs' | 'stake'> {
  const dwells = eventType === 'DWELL_5' || eventType === 'DWELL_30';
  return {
    dwellMs: dwells ? Math.round(5_000 + 60_000 * uniformFloat64(rng) ** 2) : null,
    stake: eventType === 'PARTICIPATE' ? Math.round(logNormal(rng, 20, 1)) + 1 : null,
  };
}

/**
 * The events of one user, the oldest first; the last session has just ended.
 *
 * @param count null: drawn as the cohort says.
 */
export function simulateHistory(
  rng: RandomGenerator,
  {
    userKey,
    cohort,
    count,
    nowMs,
    catalog,
  }: {
    userKey: string;
    cohort: Cohort;
    count: number | null;
    nowMs: number;
    catalog: SiteCatalog;
  },
): SiteEvent[] {
  const drawn = Math.round(logNormal(rng, cohort.medianEvents, cohort.spread));
  const total = count ?? Math.min(cohort.maxEvents, Math.max(1, drawn));
  const preferredKinds = new Set(
    Array.from({ length: PREFERRED_KINDS }, () => Math.floor(uniformFloat64(rng) * KINDS)),
  );
  const country = COUNTRIES[Math.floor(uniformFloat64(rng) * COUNTRIES.length)] ?? 'US';
  const sessions = Math.ceil(total / EVENTS_OF_SESSION);
  const lengthMs = EVENTS_OF_SESSION * PAUSE_MS * 2;
  const starts = Array.from({ length: sessions }, () => uniformFloat64(rng) * cohort.days * DAY_MS)
    .sort((a, b) => b - a)
    .map((agoMs) => nowMs - agoMs - lengthMs);
  const known: SiteMarket[] = [];
  const events: SiteEvent[] = [];
  let atMs = 0;
  for (let index = 0; index < total; index += 1) {
    const ofSession = index % EVENTS_OF_SESSION;
    const start = ofSession === 0 ? starts[index / EVENTS_OF_SESSION] : undefined;
    const isOfPage = ofSession > 0 && ofSession < IMPRESSIONS_OF_PAGE;
    if (!isOfPage) atMs = Math.max(start ?? 0, atMs + 1_000 + Math.round(uniformFloat64(rng) * PAUSE_MS));
    const market = chooseMarket(rng, Math.min(atMs, nowMs), { preferredKinds, known, catalog });
    known.push(market);
    const eventType = ofSession < IMPRESSIONS_OF_PAGE ? 'IMPRESSION' : drawAct(rng);
    events.push({
      userKey,
      market,
      eventType,
      atMs: Math.min(atMs, nowMs),
      country,
      ...detailsOf(eventType, rng),
    });
  }
  return events;
}

function chooseMarket(
  rng: RandomGenerator,
  atMs: number,
  {
    preferredKinds,
    known,
    catalog,
  }: { preferredKinds: ReadonlySet<number>; known: readonly SiteMarket[]; catalog: SiteCatalog },
): SiteMarket {
  if (known.length > 0 && uniformFloat64(rng) < REVISIT_SHARE) {
    const revisited =
      known[known.length - 1 - Math.floor(uniformFloat64(rng) ** 2 * Math.min(known.length, 60))];
    if (revisited !== undefined && revisited.resolvesAtMs > atMs) return revisited;
  }
  let market = catalog.openAt(atMs, rng);
  for (let tries = 0; tries < 4 && !preferredKinds.has(market.kind); tries += 1)
    market = catalog.openAt(atMs, rng);
  return market;
}
