import { z } from 'zod';
import { checkInput } from '../lib/input/check-input.js';
import { storableText } from '../lib/input/storable.js';
import { userKeySchema } from '../lib/input/user-key.js';
import type { FeedChanged, FeedChanges } from './feed-changes.js';
import type { MarketMoves, MarketsMoved } from './market-moves.js';

const MAX_IDS = 100;

const marketIds = z
  .array(storableText.min(1, 'must not be empty').max(128, 'must have at most 128 characters'))
  .min(1, 'must name at least one market')
  .max(MAX_IDS, `must name at most ${MAX_IDS} markets`)
  .refine((ids) => new Set(ids).size === ids.length, 'must not name a market twice');

/** What somebody can be told of while it happens, at most once a second in each subscription. */
export class LiveService {
  constructor(
    private readonly deps: {
      readonly markets: Pick<MarketMoves, 'follow'>;
      readonly feeds: Pick<FeedChanges, 'follow'>;
    },
  ) {}

  /**
   * The moves of 1 to 100 markets: of their probability and status.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; UNAVAILABLE when the database is needed and not there.
   */
  async marketMoved(ids: unknown): Promise<AsyncIterable<MarketsMoved>> {
    return this.deps.markets.follow(checkInput(marketIds, ids, 'ids'));
  }

  /**
   * When a person's feed has become another.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; UNAVAILABLE when the database is needed and not there.
   */
  async feedChanged(userKey: unknown): Promise<AsyncIterable<FeedChanged>> {
    return this.deps.feeds.follow(checkInput(userKeySchema, userKey, 'userKey'));
  }
}
