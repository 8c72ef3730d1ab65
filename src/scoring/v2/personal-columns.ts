import { depth } from '../shared/depth.js';
import { Centroid } from './centroid.js';
import type { V2Constants } from './constants.js';
import { Continuity } from './continuity.js';
import { EngagedMarkets, type PastLookup } from './engaged-markets.js';
import { followupV2 } from './followup-v2.js';
import { interestV2 } from './interest-v2.js';
import type { MarketColumns } from './market-columns.js';
import { NearestMarket } from './nearest-market.js';
import { negativeV2 } from './negative-v2.js';
import { roomFor, type Floats } from './scratch.js';
import { personalSumV2 } from './sums-v2.js';
import { sessionShare, topicTaste } from './topic-taste.js';
import { unitRange } from './unit-range.js';
import type { UserV2 } from './user-v2.js';

const NONE: Floats = new Float64Array(0);

export interface PersonalParts {
  readonly personal: number;
  readonly interest: number;
  readonly similarity: number;
  readonly continuity: number;
  readonly depth: number;
  readonly followup: number;
  readonly negative: number;
}

/** The parts of scores that depend on the person, by row. Valid until the next `fill`. */
export class PersonalColumns {
  /** By row, weighted: all the positive parts. */
  sum = NONE;
  /** By row, 0–1. */
  negative = NONE;

  #interest = NONE;
  #similarity = NONE;
  #continuity = NONE;
  #followup = NONE;
  /** By category. */
  #depth = NONE;
  readonly #engaged = new EngagedMarkets();
  readonly #nearestMarket = new NearestMarket();
  readonly #centroidOfAll = new Centroid();
  readonly #sameEvent = new Continuity();
  #tastes = NONE;
  #centroid = NONE;

  constructor(private readonly constants: V2Constants) {}

  fill(columns: MarketColumns, user: UserV2, past: PastLookup, nowMs: number): void {
    const { size } = columns;
    const { nearestMarkets, centroidMarkets } = this.constants.similarity;
    this.#engaged.load(columns, user.engagements, Math.max(nearestMarkets, centroidMarkets), past, nowMs);
    this.#fillTopics(columns, user);
    this.#fillSimilarity(columns);
    this.#continuity = roomFor(size, this.#continuity);
    this.#sameEvent.fill(columns, this.#engaged, this.constants.continuity, this.#continuity);
    this.#fillDepth(columns, user);
    this.#fillFollowup(columns, user);
    this.#fillSum(columns);
  }

  /** All zeros, as for someone of whom nothing is known and nothing counts. */
  fillForNobody({ size }: MarketColumns): void {
    this.sum = roomFor(size, this.sum).fill(0);
    this.negative = roomFor(size, this.negative).fill(0);
  }

  /** One row's, unweighted, each 0–1, but for the sum; of the columns of the last `fill`. */
  parts({ category }: MarketColumns, row: number): PersonalParts {
    return {
      personal: this.sum[row] as number,
      interest: this.#interest[row] as number,
      similarity: this.#similarity[row] as number,
      continuity: this.#continuity[row] as number,
      depth: this.#depth[category[row] as number] as number,
      followup: this.#followup[row] as number,
      negative: this.negative[row] as number,
    };
  }

  #fillSum({ size, category }: MarketColumns): void {
    const sum = (this.sum = roomFor(size, this.sum));
    const { weights } = this.constants;
    const interest = this.#interest;
    const similarity = this.#similarity;
    const continuity = this.#continuity;
    const depths = this.#depth;
    const followup = this.#followup;
    for (let row = 0; row < size; row += 1) {
      sum[row] = personalSumV2(
        weights,
        interest[row] as number,
        similarity[row] as number,
        continuity[row] as number,
        depths[category[row] as number] as number,
        followup[row] as number,
      );
    }
  }

  #fillTopics({ size, topics }: MarketColumns, user: UserV2): void {
    const { taste } = this.constants;
    const tastes = (this.#tastes = roomFor(topics.count, this.#tastes).fill(0));
    const share = sessionShare(user, taste);
    for (const { kind, key, longTerm, session } of user.topics) {
      const topic = topics.idOf(kind, key);
      if (topic === undefined) continue;
      const factor = kind === 'CATEGORY' ? taste.categoryFactor : 1;
      tastes[topic] = factor * topicTaste(longTerm, session, share, topics.idf[topic] as number, taste);
    }
    const interest = (this.#interest = roomFor(size, this.#interest));
    const negative = (this.negative = roomFor(size, this.negative));
    const { start, ids } = topics;
    for (let row = 0; row < size; row += 1) {
      const from = start[row] as number;
      const to = start[row + 1] as number;
      interest[row] = interestV2(tastes, ids, from, to, taste.strongest);
      negative[row] = negativeV2(tastes, ids, from, to);
    }
  }

  #fillSimilarity(columns: MarketColumns): void {
    const { size } = columns;
    const constants = this.constants.similarity;
    const similarity = (this.#similarity = roomFor(size, this.#similarity));
    const centroid = (this.#centroid = roomFor(size, this.#centroid));
    this.#nearestMarket.fill(columns, this.#engaged, constants, similarity);
    this.#centroidOfAll.fill(columns, this.#engaged, constants, centroid);
    for (let row = 0; row < size; row += 1) {
      similarity[row] = unitRange(
        constants.nearest * (similarity[row] as number) + (1 - constants.nearest) * (centroid[row] as number),
      );
    }
  }

  #fillDepth({ topics }: MarketColumns, { dwellByCategory }: UserV2): void {
    this.#depth = roomFor(topics.count, this.#depth).fill(0);
    for (const key of dwellByCategory.keys()) {
      const category = topics.idOf('CATEGORY', key);
      if (category !== undefined) this.#depth[category] = unitRange(depth(key, dwellByCategory));
    }
  }

  #fillFollowup(columns: MarketColumns, { views }: UserV2): void {
    this.#followup = roomFor(columns.size, this.#followup).fill(0);
    for (const { marketId, probability } of views) {
      const row = columns.rowOf(marketId);
      if (row !== undefined)
        this.#followup[row] = followupV2(columns.probability[row] as number, probability);
    }
  }
}
