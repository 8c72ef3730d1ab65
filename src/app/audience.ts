import { randomBytes } from 'node:crypto';
import type { LiveConfig } from '../config/live-config.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { AudienceInsightsService } from '../privacy/audience-insights.js';
import type { OnClose, Stores } from './databases.js';

/** Opens the numbers of users that are released with differential privacy. */
export async function openAudience(deps: {
  readonly stores: Stores;
  readonly liveConfig: LiveConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onClose: OnClose;
}): Promise<AudienceInsightsService> {
  const { stores, liveConfig, clock, logger, onClose } = deps;
  const service = new AudienceInsightsService({
    // Its statements read the events of a day, like those of the jobs.
    store: stores.jobs,
    config: () => liveConfig.current.config,
    random: randomBytes,
    secret: await stores.requests.secrets.getOrCreate('audience-cells', randomBytes(32)),
    ...{ clock, logger },
  });
  onClose(() => service.close());
  return service;
}
