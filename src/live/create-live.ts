import type { Catalog } from '../catalog/catalog.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
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

/** What is told live, following the catalog by itself. */
export function createLive(parts: {
  readonly catalog: Catalog;
  readonly profiles: Pick<ProfileService, 'load'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): Live {
  const { catalog, profiles, clock, logger } = parts;
  const markets = new MarketMoves({ catalog, clock, pauseMs: PAUSE_MS });
  const feeds = new FeedChanges({ profiles, clock, logger, pauseMs: PAUSE_MS });
  const forget = catalog.onChange((changed) => markets.changed(changed));
  return {
    service: new LiveService({ markets, feeds }),
    feeds,
    close: () => {
      forget();
      return feeds.close();
    },
  };
}
