import type { Contribution } from '../scoring/score-parts.js';
import type { FeedItem } from './feed.js';

/** Why a feed is as it is. */
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
  /** Which limits had to yield, and which slots could not be filled. */
  readonly notes: readonly string[];
  readonly replay: Replay;
}

/** What a stage did with the markets that came to it. */
export interface Stage {
  readonly name: string;
  readonly in: number;
  readonly out: number;
  /** What it removed, and why; at most 200 of them. */
  readonly removed: readonly { readonly marketId: string; readonly title: string; readonly reason: string }[];
}

export interface ExplainedItem extends FeedItem {
  /** What each part adds to the score, its weight and the discount included; largest first. */
  readonly contributions: readonly Contribution[];
}

/** Whether making the feed again gave the same. */
export interface Replay {
  /** `INPUTS_CHANGED`: it could only be made again from inputs that are not what they were. */
  readonly outcome: 'SAME' | 'DIFFERENT' | 'INPUTS_CHANGED';
  /** Which inputs are not what they were. */
  readonly changed: readonly ('profile' | 'catalog' | 'trends' | 'config')[];
}
