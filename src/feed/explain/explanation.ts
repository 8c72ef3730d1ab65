import type { Contribution } from '../../scoring/score-parts.js';
import type { FeedItem } from '../feed.js';

/** The trace of a feed. */
export interface Explanation {
  readonly feedId: string;
  readonly userKey: string | null;
  readonly country: string | null;
  readonly algorithm: 'v1' | 'v2';
  readonly configVersion: string;
  readonly generatedAt: Date;
  readonly personalized: boolean;
  readonly stages: readonly Stage[];
  readonly items: readonly ExplainedItem[];
  /** Relaxed limits and backfilled slots; see `Slate`. */
  readonly notes: readonly string[];
  readonly replay: Replay;
}

/** The number of markets that entered and left a stage. */
export interface Stage {
  readonly name: string;
  readonly in: number;
  readonly out: number;
  /** The markets that a filter removed, at most 200. */
  readonly removed: readonly { readonly marketId: string; readonly title: string; readonly reason: string }[];
}

export interface ExplainedItem extends FeedItem {
  /** The contributions of the score components, largest absolute value first; they add up to the score. */
  readonly contributions: readonly Contribution[];
}

/** Whether a replay gives the same feed. */
export interface Replay {
  /** `INPUTS_CHANGED`: the inputs are no longer kept, and the current ones differ. */
  readonly outcome: 'SAME' | 'DIFFERENT' | 'INPUTS_CHANGED';
  readonly changed: readonly ('profile' | 'catalog' | 'trends' | 'config')[];
}

/** The current feed of a user and the feed under a config patch. */
export interface Simulation {
  readonly presentVersion: string;
  readonly simulatedVersion: string;
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
