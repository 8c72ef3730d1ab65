import type { RankingConfig } from '../config/ranking-schema.js';
import type { Algorithm } from './algorithm.js';
import type { Archive, ArchivedEvent } from './archive.js';
import { novelty } from './metrics.js';
import { PastWorld } from './past-world.js';
import { placeOf, type Placing } from './place-of.js';

/** One interaction judged: where each algorithm would have put the market that the person chose. */
export interface Judgement {
  readonly event: ArchivedEvent;
  /** How many interactions of the archive came before its instant. */
  readonly place: number;
  /** Whether nothing was known of the person. */
  readonly isNewPerson: boolean;
  /** Numbers of the open markets; the same list as long as the same are open. */
  readonly candidates: readonly number[];
  /** By algorithm. */
  readonly placings: readonly (Placing & { readonly novelty: number })[];
}

/** Why interactions after the split were not judged. */
export const SKIP_REASONS = ['notPositive', 'notSampled', 'touchedBefore', 'notYetCreated', 'over'] as const;

export type SkipReason = (typeof SKIP_REASONS)[number];

export interface ReplayOptions {
  readonly config: RankingConfig;
  readonly algorithms: readonly Algorithm[];
  /** Interactions from this instant on are judged. */
  readonly splitAtMs: number;
  readonly k: number;
  /** Whose interactions are judged. */
  readonly judges: (userKey: string) => boolean;
}

/**
 * Lives through an archive once more, and judges the algorithms right before each interaction from the split on: with
 * what was known strictly before its instant, among the markets open at it. Gives the judgements in order of time;
 * between two of them the caller may do something else.
 *
 * @returns how many interactions from the split on were not judged, by reason.
 */
export function* replay(
  archive: Archive,
  options: ReplayOptions,
): Generator<Judgement, Record<SkipReason, number>> {
  const { config, algorithms, splitAtMs, k } = options;
  const world = new PastWorld(archive, config);
  const keys = archive.markets.map(({ market }) => ({ id: market.id, volumeTotal: 0 }));
  const skipped = { notPositive: 0, notSampled: 0, touchedBefore: 0, notYetCreated: 0, over: 0 };
  let scores = new Float64Array(0);

  const judge = (event: ArchivedEvent, place: number): Judgement => {
    const moment = world.momentOf(event);
    const { candidates } = moment;
    if (scores.length < candidates.length) scores = new Float64Array(2 * candidates.length);
    const placings = algorithms.map((algorithm) => {
      algorithm(moment, scores);
      const placing = placeOf(candidates, scores, keys, event.market, k);
      const people = placing.top.map((market) => world.crowd.people[market] ?? 0);
      return { ...placing, novelty: novelty(people, world.crowd.size) };
    });
    return { event, place, isNewPerson: moment.profile.totalInteractions === 0, candidates, placings };
  };

  for (const { events, place } of instants(archive.events)) {
    const nowMs = events[0]?.atMs ?? NaN;
    world.advanceTo(nowMs);
    const judgedNow = new Set<string>();
    for (const event of nowMs >= splitAtMs ? events : []) {
      const identity = JSON.stringify([event.userKey, event.market]);
      const reason = judgedNow.has(identity) ? 'touchedBefore' : whyNot(event, world, archive, options);
      if (reason === null) {
        judgedNow.add(identity);
        yield judge(event, place);
      } else skipped[reason] += 1;
    }
    for (const event of events) {
      world.apply(event);
      const key = keys[event.market];
      if (key !== undefined) key.volumeTotal = world.crowd.engagements[event.market] ?? 0;
    }
  }
  return skipped;
}

function whyNot(
  event: ArchivedEvent,
  world: PastWorld,
  archive: Archive,
  { judges }: ReplayOptions,
): SkipReason | null {
  if (world.weightOf(event) <= 0) return 'notPositive';
  if (!judges(event.userKey)) return 'notSampled';
  if (world.hasTouched(event.userKey, event.market)) return 'touchedBefore';
  if (world.isOpen(event.market)) return null;
  return event.atMs < (archive.markets[event.market]?.createdAtMs ?? Infinity) ? 'notYetCreated' : 'over';
}

/** The events of each instant together. */
function* instants(
  events: readonly ArchivedEvent[],
): Generator<{ readonly events: readonly ArchivedEvent[]; readonly place: number }> {
  let start = 0;
  for (const [index, event] of events.entries()) {
    const next = events[index + 1];
    if (next?.atMs === event.atMs) continue;
    yield { events: events.slice(start, index + 1), place: start };
    start = index + 1;
  }
}
