import type { Catalogue } from '../catalogue/catalogue.js';
import type { Clock } from '../config/clock.js';
import type { Logger } from '../observability/logger.js';
import type { ProfileService } from '../profiles/profile-service.js';
import { FeedChanges } from './feed-changes.js';
import { LiveService } from './live-service.js';
import { MarketMoves } from './market-moves.js';

/** Between two messages of one subscription. */
const PAUSE_MS = 1_000;

export interface Live {
  readonly service: LiveService;
  /** To be told of whatever may make another feed. */
  readonly feeds: FeedChanges;
  close(): Promise<void>;
}

/** What is told live, following the catalogue by itself. */
export function createLive(parts: {
  readonly catalogue: Catalogue;
  readonly profiles: Pick<ProfileService, 'load'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): Live {
  const { catalogue, profiles, clock, logger } = parts;
  const markets = new MarketMoves({ catalogue, clock, pauseMs: PAUSE_MS });
  const feeds = new FeedChanges({ profiles, clock, logger, pauseMs: PAUSE_MS });
  const forget = catalogue.onChange((changed) => markets.changed(changed));
  return {
    service: new LiveService({ markets, feeds }),
    feeds,
    close: () => {
      forget();
      return feeds.close();
    },
  };
}
