import { LocalCounters, SharedCounters } from '../auth/rate-limits/counters.js';
import { MAX_CALLERS, RateLimits } from '../auth/rate-limits/rate-limits.js';
import type { LiveConfig } from '../config/live-config.js';
import type { Settings } from '../config/settings.js';
import { DocumentFile } from '../graphql/trusted-documents/document-file.js';
import { TrustedDocuments } from '../graphql/trusted-documents/trusted-documents.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import type { CallerLimits } from '../server/caller-limits.js';
import { clientAddress } from '../server/client-address.js';
import { busChannelOf, connectionTo } from '../storage/database/connection.js';

/** The schema of the embedded database. */
const EMBEDDED_SCHEMA = 'public';

export interface OpenCallerLimits extends CallerLimits {
  /** Reads the file of the trusted documents again if it has changed. */
  readonly refreshDocuments: () => Promise<void>;
  readonly close: () => void;
}

/** @throws {OperatorError} if the file of the trusted documents cannot be read or is invalid. */
export async function openCallerLimits(deps: {
  readonly settings: Settings;
  readonly liveConfig: LiveConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<OpenCallerLimits> {
  const { settings, liveConfig, clock, logger } = deps;
  const { databaseUrl, redisUrl, trustedDocuments: mode, trustedDocumentsFile } = settings;
  const documents = new TrustedDocuments({ mode, logger });
  const file = mode === 'off' ? undefined : new DocumentFile(trustedDocumentsFile, documents, logger);
  await file?.load();

  const schema = databaseUrl === undefined ? EMBEDDED_SCHEMA : connectionTo(databaseUrl).schema;
  const prefix = `${busChannelOf(schema)}:rates`;
  const shared =
    redisUrl === undefined ? undefined : new SharedCounters({ url: redisUrl, prefix, clock, logger });
  const rates = new RateLimits({
    config: () => liveConfig.current.config.rateLimits,
    local: new LocalCounters(MAX_CALLERS),
    ...{ shared, clock },
  });
  return {
    ...{ addressOf: clientAddress(settings.trustedProxies), rates, documents },
    refreshDocuments: async () => file?.refresh(),
    close: () => shared?.close(),
  };
}
