import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { InteractionDraft } from '../catalog/importers/formats/import-record.js';
import type { Archetype } from './archetypes.js';
import type { LatentAffinity, SimulatedMarket } from './latent-affinity.js';
import { chance, chanceOfLogOdds, logNormal } from './random-draws.js';

/** Section and position of a card on the site; `position` counts from 0 over the whole page. */
export interface CardPosition {
  readonly section: 'HERO' | 'GRID' | 'STREAM' | 'SEARCH' | 'OTHER';
  readonly position?: number;
}

/** A simulated user with the state that grows over the sessions. */
export interface SimulatedUser {
  readonly userKey: string;
  readonly archetype: Archetype;
  readonly country: string;
  readonly affinity: LatentAffinity;
  /** Median of the user's stakes. */
  readonly medianStake: number;
  /** Impressions by market, over all sessions. */
  readonly impressions: Map<SimulatedMarket, number>;
  /** Markets bookmarked or traded, oldest first. */
  readonly followed: SimulatedMarket[];
  readonly hidden: Set<SimulatedMarket>;
}

/** One session in progress. Each of its events is appended to `events`. */
export interface Session {
  readonly rng: RandomGenerator;
  readonly markets: readonly SimulatedMarket[];
  readonly user: SimulatedUser;
  readonly sessionId: string;
  readonly events: InteractionDraft[];
  /** Topics of the user's current interest. */
  focus: ReadonlySet<string>;
  clockMs: number;
}

/** An event of this session, in the form in which an importer delivers it. */
export function interactionDraft(
  { user, sessionId }: Session,
  market: SimulatedMarket,
  eventType: string,
  atMs: number,
  rest: Partial<InteractionDraft> = {},
): InteractionDraft {
  return {
    userKey: user.userKey,
    marketId: market.id,
    eventType,
    occurredAt: new Date(atMs).toISOString(),
    country: user.country,
    sessionId,
    ...rest,
  };
}

const dwell = {
  /** Median for a market of affinity 0; multiplied by e^(perAffinity · affinity). */
  medianMs: 9_000,
  perAffinity: 0.35,
  spread: 0.9,
  minMs: 800,
  maxMs: 600_000,
  longMs: 30_000,
  shortMs: 5_000,
  pageLoadMs: 400,
} as const;

/** Log-odds of each action after a view: `intercept + perAffinity · affinity`, plus the archetype's own term. */
const actions = {
  perAffinity: 0.4,
  intent: -2.8,
  /** Probability that a user who opened the trade ticket places the trade. */
  tradeAfterIntent: 0.6,
  stakeSpread: 0.6,
  bookmark: -3.7,
  comment: -4.1,
  share: -4.3,
} as const;

/**
 * Simulates a visit to a market page: the user views it, and may trade, bookmark, comment, or share during the dwell.
 * Afterwards the market's topics are the focus of the session.
 */
export function visitMarket(session: Session, market: SimulatedMarket, card: CardPosition): void {
  const { rng, user, events } = session;
  const affinity = user.affinity.ofMarket(market);
  const { tradeLogOdds, socialLogOdds } = user.archetype;
  const median = dwell.medianMs * Math.exp(dwell.perAffinity * affinity);
  const dwellMs = Math.round(
    Math.min(dwell.maxMs, Math.max(dwell.minMs, logNormal(rng, median, dwell.spread))),
  );
  const openedMs = session.clockMs + dwell.pageLoadMs;
  const duringDwell = () => openedMs + Math.round(uniformFloat64(rng) * dwellMs);
  const happens = (intercept: number) => chanceOfLogOdds(rng, intercept + actions.perAffinity * affinity);
  const add = (eventType: string, atMs: number, rest: Partial<InteractionDraft> = {}) =>
    events.push(interactionDraft(session, market, eventType, atMs, { ...card, ...rest }));

  add('VIEW_MARKET', openedMs, { dwellMs });
  if (dwellMs >= dwell.longMs) add('DWELL_30', openedMs + dwell.longMs);
  else if (dwellMs >= dwell.shortMs) add('DWELL_5', openedMs + dwell.shortMs);

  if (happens(actions.intent + tradeLogOdds)) {
    const intentMs = duringDwell();
    add('PARTICIPATE_INTENT', intentMs);
    if (chance(rng, actions.tradeAfterIntent)) {
      const stake = roundStake(logNormal(rng, user.medianStake, actions.stakeSpread));
      add('PARTICIPATE', intentMs + 3_000, { stake });
      user.followed.push(market);
    }
  }
  if (happens(actions.bookmark + socialLogOdds)) {
    add('BOOKMARK', duringDwell());
    user.followed.push(market);
  }
  if (happens(actions.comment + socialLogOdds)) add('COMMENT', duringDwell());
  if (happens(actions.share + socialLogOdds)) add('SHARE', duringDwell());

  session.focus = market.topics;
  session.clockMs = openedMs + dwellMs;
}

/** Whole units below 20 and multiples of 5 above, as users type them; at least 1. */
function roundStake(stake: number): number {
  return stake < 20 ? Math.max(1, Math.round(stake)) : Math.round(stake / 5) * 5;
}
