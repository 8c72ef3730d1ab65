import { createHmac, createSecretKey } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { textOfArms } from '../domain/experiment.js';
import { requireSecret } from '../lib/secret.js';
import type { ScoreParts } from '../scoring/score-parts.js';
import { GRID_SIZE } from '../scoring/v1/page-layout.js';
import type { DegradedReason } from './degraded.js';
import type { ComposedFeed, FeedItem, FeedSection, RankedItem } from './feed.js';
import type { RankingInputs } from './ranking-inputs.js';

/** Identifies a feed; unique, and not to be guessed without the secret of the deployment. */
export type FeedId = (
  inputs: RankingInputs,
  degradedReasons: readonly DegradedReason[],
  composed: ComposedFeed,
) => string;

/**
 * Creates the function that derives the id of a feed from the feed: a UUID of version 7, whose time is the clock step, and
 * whose other bits are an HMAC of two things.
 *
 * 1. The inputs: user, country, algorithm, limit, versions of profile and config, arms of experiments, and clock step. The profile version
 *    grows with each event, so the feed after an event has a new id even if it shows the same.
 * 2. The content: markets, scores and reasons of the page, and the markets behind it. Two replicas may know different catalogs
 *    and trends for about a second, may have read the catalog in another order, or may run different versions of the gateway.
 *    None of their versions is part of the id, because equal versions do not imply equal scores to the last bit, and a change
 *    elsewhere in the catalog or another model must not change the id. With the content in it, one id always has one content.
 *
 * So a change of the catalog within a clock step changes the id exactly if it changes the feed. Fields of `Market` are not
 * part of the content: they belong to the market.
 *
 * @param secret key of the HMAC, the same on all replicas.
 * @throws {OperatorError} when the secret is short enough to be guessed.
 */
export function feedIdentity(secret: Uint8Array): FeedId {
  requireSecret(secret, 'feed ids');
  const key = createSecretKey(secret);
  const numbers = new NumberBuffer();
  return (inputs, degradedReasons, { items, rest }) => {
    const { nowMs, userKey, country, algorithm, personal, limit, profile, configVersion, assigned } = inputs;
    const identity = [
      ...[nowMs, userKey, country, algorithm, personal, limit, profile?.version ?? null, configVersion],
      degradedReasons,
      ...(assigned === undefined ? [] : [textOfArms(assigned.arms)]),
    ];
    let text = JSON.stringify(identity);
    // No text contains U+0000, because PostgreSQL does not store it. Each item has the same number of texts.
    for (const { market, slot, badge, reason } of items)
      text += `\0${market.id}\0${slot}\0${badge}\0${reason}`;
    for (const { scores, score, propensity } of items) {
      numbers.add(score);
      numbers.add(propensity);
      for (const name in scores) numbers.add(scores[name as keyof ScoreParts]);
    }
    for (const { number } of rest) numbers.add(number);
    const digest = createHmac('sha256', key).update(text).update(numbers.take()).digest();
    // The digest takes the place of random bytes, of which the id contains 73 bits.
    return uuidv7({ msecs: nowMs, random: digest.subarray(0, 16) });
  };
}

/** Collects numbers, to the last bit, in memory that is reused: this runs for each feed. */
class NumberBuffer {
  #numbers = new Float64Array(1_024);
  #length = 0;

  /** Null is NaN, which no score is. */
  add(number: number | null): void {
    if (this.#length === this.#numbers.length) {
      const longer = new Float64Array(2 * this.#length);
      longer.set(this.#numbers);
      this.#numbers = longer;
    }
    this.#numbers[this.#length++] = number ?? NaN;
  }

  /** Returns the numbers and empties the buffer. Valid until the next {@link add}. */
  take(): Float64Array {
    const taken = this.#numbers.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }
}

/** The section and the position in it of a rank: the hero, then the grid, then the stream. */
export function sectionOf(rank: number): { readonly section: FeedSection; readonly position: number } {
  if (rank === 1) return { section: 'HERO', position: 0 };
  if (rank <= 1 + GRID_SIZE) return { section: 'GRID', position: rank - 2 };
  return { section: 'STREAM', position: rank - 2 - GRID_SIZE };
}

/** Returns the item of a feed at the rank of a ranked market. */
export function toFeedItem(feedId: string, item: RankedItem): FeedItem {
  return { id: `${feedId}:${item.rank}`, ...sectionOf(item.rank), ...item };
}
