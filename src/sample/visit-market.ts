import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { WorldMarket } from './latent-taste.js';
import { chance, chanceOfLogOdds, logNormal } from './random-draws.js';
import { draft } from './session.js';
import type { Place, Session } from './session.js';

const dwell = {
  /** Median for a market that the person neither likes nor dislikes; grows by e^(perAffinity · affinity). */
  medianMs: 9_000,
  perAffinity: 0.35,
  spread: 0.9,
  minMs: 800,
  maxMs: 600_000,
  longMs: 30_000,
  shortMs: 5_000,
  pageLoadMs: 400,
} as const;

/** Log-odds of what follows a view: `intercept + taste · affinity`, plus the archetype's own inclination. */
const actions = {
  taste: 0.4,
  intent: -2.8,
  /** Chance that a person who opened the ticket places the trade. */
  tradeAfterIntent: 0.6,
  stakeSpread: 0.6,
  bookmark: -3.7,
  comment: -4.1,
  share: -4.3,
} as const;

/**
 * What a person does with a market they opened: view it for a while and perhaps trade, bookmark,
 * comment or share while they are there. Afterwards it holds the session's focus.
 */
export function visitMarket(session: Session, market: WorldMarket, place: Place): void {
  const { rng, person, events } = session;
  const affinity = person.taste.of(market);
  const { trading, voice } = person.archetype;
  const median = dwell.medianMs * Math.exp(dwell.perAffinity * affinity);
  const dwellMs = Math.round(
    Math.min(dwell.maxMs, Math.max(dwell.minMs, logNormal(rng, median, dwell.spread))),
  );
  const openedMs = session.clockMs + dwell.pageLoadMs;
  const during = () => openedMs + Math.round(uniformFloat64(rng) * dwellMs);
  const inclined = (intercept: number) => chanceOfLogOdds(rng, intercept + actions.taste * affinity);

  events.push(draft(session, market, 'VIEW_MARKET', openedMs, { ...place, dwellMs }));
  if (dwellMs >= dwell.longMs)
    events.push(draft(session, market, 'DWELL_30', openedMs + dwell.longMs, place));
  else if (dwellMs >= dwell.shortMs)
    events.push(draft(session, market, 'DWELL_5', openedMs + dwell.shortMs, place));

  if (inclined(actions.intent + trading)) {
    const intentMs = during();
    events.push(draft(session, market, 'PARTICIPATE_INTENT', intentMs, place));
    if (chance(rng, actions.tradeAfterIntent)) {
      const stake = roundStake(logNormal(rng, person.medianStake, actions.stakeSpread));
      events.push(draft(session, market, 'PARTICIPATE', intentMs + 3_000, { ...place, stake }));
      person.held.push(market);
    }
  }
  if (inclined(actions.bookmark + voice)) {
    events.push(draft(session, market, 'BOOKMARK', during(), place));
    person.held.push(market);
  }
  if (inclined(actions.comment + voice)) events.push(draft(session, market, 'COMMENT', during(), place));
  if (inclined(actions.share + voice)) events.push(draft(session, market, 'SHARE', during(), place));

  session.focus = market.topics;
  session.clockMs = openedMs + dwellMs;
}

/** Whole units below 20, multiples of five above, as people type them; at least 1. */
function roundStake(stake: number): number {
  return stake < 20 ? Math.max(1, Math.round(stake)) : Math.round(stake / 5) * 5;
}
