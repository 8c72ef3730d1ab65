import { z } from 'zod';
import type { Catalog } from '../catalog/catalog.js';
import { MAX_LENGTH } from '../catalog/market-input.js';
import type { Clock } from '../lib/clock.js';
import { checkInput } from '../lib/input/check-input.js';
import { storableText, userKeySchema } from '../lib/input/text-schemas.js';
import type { Logger } from '../lib/logger.js';
import type { AliasUse, UserRegister } from '../privacy/user-register.js';
import type { ProfileService } from '../profiles/profile-service.js';
import { FeedSubscriptions, type FeedChanged } from './feed-subscriptions.js';
import { MarketSubscriptions, type MarketsMoved } from './market-subscriptions.js';

/** Minimum time between two messages of one subscription. */
const INTERVAL_MS = 1_000;

export const MAX_IDS = 100;

const marketIds = z
  .array(
    storableText
      .min(1, 'must not be empty')
      .max(MAX_LENGTH.id, `must have at most ${MAX_LENGTH.id} characters`),
  )
  .min(1, 'must have at least 1 entry')
  .max(MAX_IDS, `must have at most ${MAX_IDS} entries`)
  .refine((ids) => new Set(ids).size === ids.length, 'must not name a market twice');

/** Validates subscription arguments and subscribes. Each subscription gets at most one message per second. */
export class LiveService {
  constructor(
    private readonly deps: {
      readonly markets: Pick<MarketSubscriptions, 'subscribe'>;
      readonly feeds: Pick<FeedSubscriptions, 'subscribe'>;
      readonly users: Pick<UserRegister, 'knownTreatmentOf'>;
    },
  ) {}

  /**
   * Subscribes to changes of the probability and status of 1–100 markets.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; UNAVAILABLE if a required database read fails.
   */
  async marketsMoved(ids: unknown): Promise<AsyncIterable<MarketsMoved>> {
    return this.deps.markets.subscribe(checkInput(marketIds, ids, 'marketIds'));
  }

  /**
   * Subscribes to changes of a user's feed. An ignored alias has a feed that only the config changes.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; UNAVAILABLE if a required database read fails.
   */
  async feedChanged(userKey: unknown, aliases: AliasUse): Promise<AsyncIterable<FeedChanged>> {
    const checked = checkInput(userKeySchema, userKey, 'userKey');
    const { userKey: owner } = await this.deps.users.knownTreatmentOf(checked, aliases);
    return this.deps.feeds.subscribe(owner);
  }
}

export interface Live {
  readonly service: LiveService;
  /** Receives profile invalidations and config changes. */
  readonly feeds: FeedSubscriptions;
  close(): Promise<void>;
}

/** Creates the live subscriptions. Markets follow the catalog; the caller reports feed changes to `feeds`. */
export function createLive(deps: {
  readonly catalog: Catalog;
  readonly profiles: Pick<ProfileService, 'load'>;
  readonly users: Pick<UserRegister, 'knownTreatmentOf'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): Live {
  const { catalog, profiles, users, clock, logger } = deps;
  const markets = new MarketSubscriptions({ catalog, clock, intervalMs: INTERVAL_MS });
  const feeds = new FeedSubscriptions({ profiles, clock, logger, intervalMs: INTERVAL_MS });
  const unsubscribe = catalog.onChange((changed) => markets.marketsChanged(changed));
  return {
    service: new LiveService({ markets, feeds, users }),
    feeds,
    close: () => {
      unsubscribe();
      return feeds.close();
    },
  };
}
