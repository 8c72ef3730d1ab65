import { createHash } from 'node:crypto';
import type { CatalogSnapshot } from '../catalog/catalog.js';
import type { RankingConfig } from '../config/ranking-schema.js';
import type { ProfileState } from '../profiles/profile-service.js';
import type { PastMarket } from '../scoring/v2/features.js';
import type { TrendState } from '../trends/trend-state.js';

/**
 * Everything that a feed is a function of. Each part is a value that never changes, so keeping it is enough to make the
 * same feed again.
 */
export interface RankingInputs {
  readonly nowMs: number;
  readonly userKey: string | null;
  /** Known from the request or the profile; ISO 3166-1 alpha-2. */
  readonly country: string | null;
  /** Null: anonymous, or it could not be had. */
  readonly profile: ProfileState | null;
  /** False: what is known of the person takes no part but for what they hid. */
  readonly personal: boolean;
  readonly algorithm: 'v1' | 'v2';
  readonly limit: number;
  readonly snapshot: CatalogSnapshot;
  /** Text and event of the markets that the user engaged with and that are not in the snapshot, by id. */
  readonly past: ReadonlyMap<string, PastMarket>;
  readonly trends: TrendState;
  readonly config: RankingConfig;
  readonly configVersion: string;
}

const HOUR_MS = 3_600_000;

/**
 * The seed of whatever a feed draws at random: the same for one person, UTC hour and config, so that a page looks the
 * same when it is loaded again. A whole number, 0 to 2^32 − 1.
 */
export function seedOf({
  userKey,
  nowMs,
  configVersion,
}: Pick<RankingInputs, 'userKey' | 'nowMs' | 'configVersion'>): number {
  const hour = Math.floor(nowMs / HOUR_MS);
  return createHash('sha256')
    .update(JSON.stringify([userKey, hour, configVersion]))
    .digest()
    .readUInt32BE(0);
}
