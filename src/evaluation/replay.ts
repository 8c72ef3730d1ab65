import type { RankingConfig } from '../config/schema/ranking-schema.js';
import type { Algorithm, Moment, PastReaction } from './algorithms.js';
import type { Archive, ArchivedEvent } from './archive.js';
import { novelty } from './metrics.js';
import { PastSite } from './past-site.js';
import { rankOf, type RankResult } from './rank-of.js';

/** The evaluation of one interaction: where each algorithm ranks the market that the user chose. */
export interface EvaluatedChoice {
  readonly event: ArchivedEvent;
  /** Number of interactions of the archive before this instant. */
  readonly position: number;
  /** Whether the user has no earlier interactions. */
  readonly isNewUser: boolean;
  /** Numbers of the open markets; the same array while the same markets are open. */
  readonly candidates: readonly number[];
  /** By algorithm. */
  readonly ranks: readonly (RankResult & { readonly novelty: number })[];
}

/** Why an interaction after the split is not evaluated. */
export type SkipReason = 'notPositive' | 'notSampled' | 'touchedBefore' | 'notYetCreated' | 'over';

export interface ReplayOptions {
  readonly config: RankingConfig;
  readonly algorithms: readonly Algorithm[];
  /** Interactions from this instant on are evaluated. */
  readonly splitAtMs: number;
  readonly k: number;
  /** Whether markets that the user already knows rank last, as if they were no candidates. */
  readonly leaveKnownOut: boolean;
  /** Whether the interactions of a user are evaluated. */
  readonly isSampled: (userKey: string) => boolean;
}

/**
 * Replays an archive. Right before each interaction from the split on, it ranks the open markets by each algorithm, with
 * the data known strictly before the instant. It yields the results in order of time, so the caller can do other work in
 * between.
 *
 * @returns the number of interactions from the split on that were not evaluated, by reason.
 */
export function* replay(
  archive: Archive,
  options: ReplayOptions,
): Generator<EvaluatedChoice, Record<SkipReason, number>> {
  const { config, algorithms, splitAtMs, k, leaveKnownOut } = options;
  const site = new PastSite(archive, config);
  const keys = archive.markets.map(({ market }) => ({ id: market.id, volumeTotal: 0 }));
  const skipped = { notPositive: 0, notSampled: 0, touchedBefore: 0, notYetCreated: 0, over: 0 };
  const learners = algorithms.flatMap(({ learn }) => learn ?? []);
  let scores = new Float64Array(0);

  const evaluateChoice = (event: ArchivedEvent, position: number): EvaluatedChoice => {
    const moment = site.momentOf(event);
    const { candidates } = moment;
    if (scores.length < candidates.length) scores = new Float64Array(2 * candidates.length);
    const ranks = algorithms.map((algorithm) => {
      algorithm.score(moment, scores);
      if (leaveKnownOut) lowerKnown(moment, scores);
      const result = rankOf(candidates, scores, keys, event.market, k);
      const users = result.top.map((market) => site.activity.users[market] ?? 0);
      return { ...result, novelty: novelty(users, site.activity.userCount) };
    });
    return { event, position, isNewUser: moment.profile.totalInteractions === 0, candidates, ranks };
  };

  for (const { events, position } of instants(archive.events)) {
    const nowMs = events[0]?.atMs ?? NaN;
    site.advanceTo(nowMs);
    const evaluated = new Set<string>();
    for (const event of nowMs >= splitAtMs ? events : []) {
      const identity = JSON.stringify([event.userKey, event.market]);
      const reason = evaluated.has(identity) ? 'touchedBefore' : skipReason(event, site, archive, options);
      if (reason === null) {
        evaluated.add(identity);
        yield evaluateChoice(event, position);
      } else skipped[reason] += 1;
    }
    for (const reaction of learners.length === 0 ? [] : reactionsAmong(events, site)) {
      for (const learn of learners) learn(reaction);
    }
    for (const event of events) {
      site.apply(event);
      const key = keys[event.market];
      if (key !== undefined) key.volumeTotal = site.activity.engagements[event.market] ?? 0;
    }
  }
  return skipped;
}

function lowerKnown({ candidates, hasTouched }: Moment, scores: Float64Array): void {
  for (let index = 0; index < candidates.length; index += 1)
    if (hasTouched(candidates[index] as number)) scores[index] = -Infinity;
}

/** The first interactions of users with open markets, except impressions, before any of them is applied. */
function* reactionsAmong(events: readonly ArchivedEvent[], site: PastSite): Generator<PastReaction> {
  const known = new Set<string>();
  for (const event of events) {
    const { userKey, market, eventType } = event;
    const weight = site.weightOf(event);
    const identity = JSON.stringify([userKey, market]);
    if (weight === 0 || known.has(identity)) continue;
    if (site.hasTouched(userKey, market) || !site.isOpen(market)) continue;
    known.add(identity);
    yield { moment: site.momentOf(event), market, eventType, isPositive: weight > 0 };
  }
}

function skipReason(
  event: ArchivedEvent,
  site: PastSite,
  archive: Archive,
  { isSampled }: ReplayOptions,
): SkipReason | null {
  if (site.weightOf(event) <= 0) return 'notPositive';
  if (!isSampled(event.userKey)) return 'notSampled';
  if (site.hasTouched(event.userKey, event.market)) return 'touchedBefore';
  if (site.isOpen(event.market)) return null;
  return event.atMs < (archive.markets[event.market]?.createdAtMs ?? Infinity) ? 'notYetCreated' : 'over';
}

/** Groups the events by instant. */
function* instants(
  events: readonly ArchivedEvent[],
): Generator<{ readonly events: readonly ArchivedEvent[]; readonly position: number }> {
  let start = 0;
  for (const [index, event] of events.entries()) {
    const next = events[index + 1];
    if (next?.atMs === event.atMs) continue;
    yield { events: events.slice(start, index + 1), position: start };
    start = index + 1;
  }
}
