import type { ScoreContribution } from '../../scoring/score-parts.js';
import type { Feed, FeedItem } from '../feed.js';
import type { RemovalReason } from '../filters/filter.js';

/** The trace of a feed. */
export interface Explanation {
  /** The feed as it was served; score components and reasons as of the replay, and markets as they are now. */
  readonly feed: Feed;
  readonly stages: readonly Stage[];
  /** The items of the first page, the hero first. */
  readonly items: readonly ExplainedItem[];
  /** Relaxed limits and backfilled slots; see `Slate`. */
  readonly notes: readonly string[];
  readonly replay: Replay;
}

/** The number of markets that entered and left a stage. */
export interface Stage {
  readonly name: string;
  readonly received: number;
  readonly kept: number;
  /** The markets that a filter removed, at most 200. */
  readonly removed: readonly {
    readonly marketId: string;
    readonly title: string;
    readonly reason: RemovalReason;
  }[];
}

export interface ExplainedItem {
  readonly item: FeedItem;
  /** The contributions of the score components, largest absolute value first; they add up to the score. */
  readonly contributions: readonly ScoreContribution[];
}

/** An input of a replay. */
export const REPLAY_INPUTS = ['PROFILE', 'CATALOG', 'TRENDS', 'CONFIG', 'MODEL'] as const;

/** Whether a replay gives the same feed. */
export interface Replay {
  /** `INPUTS_CHANGED`: the inputs are no longer kept, and the current ones differ. */
  readonly outcome: 'SAME' | 'DIFFERENT' | 'INPUTS_CHANGED';
  readonly changed: readonly (typeof REPLAY_INPUTS)[number][];
}

/** The current feed of a user and the feed under a config patch. */
export interface Simulation {
  readonly presentConfigVersion: string;
  readonly simulatedConfigVersion: string;
  readonly present: readonly FeedItem[];
  readonly simulated: readonly FeedItem[];
  /** Of every market in one of the feeds, by its rank in the simulated feed; markets that leave come last. */
  readonly changes: readonly RankChange[];
}

export interface RankChange {
  readonly marketId: string;
  readonly title: string;
  /** Null: not on the page. */
  readonly rankBefore: number | null;
  readonly rankAfter: number | null;
}
