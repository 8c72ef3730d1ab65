import { hash } from 'node:crypto';
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import type { RankingConfig } from '../config/schema/ranking-schema.js';
import type { Arms } from '../domain/experiment.js';
import { HOUR_MS } from '../lib/time.js';
import type { PastMarket, UserFeatures } from '../scoring/v2/features.js';
import type { RankingModel } from '../scoring/v2/ranking-model.js';
import type { TrendState } from '../trends/trend-state.js';
import { decayConfig } from '../profiles/profile-decay.js';
import type { ProfileState } from '../domain/profile.js';
import { userFeaturesV2 } from '../profiles/user-features.js';

/**
 * Everything that a feed is a function of. No value ever changes, so keeping a reference to them is enough to replay the
 * feed.
 */
export interface RankingInputs {
  readonly nowMs: number;
  readonly userKey: string | null;
  /** From the request or the profile, ISO 3166-1 alpha-2; null when unknown. */
  readonly country: string | null;
  /** Null for an anonymous user, and if it could not be read. */
  readonly profile: ProfileState | null;
  /** False: of the profile, only the hidden markets are used. */
  readonly personal: boolean;
  readonly algorithm: 'v1' | 'v2';
  readonly limit: number;
  readonly snapshot: CatalogSnapshot;
  /** Features of the markets that the user engaged with and that are not in the snapshot, by id. */
  readonly past: ReadonlyMap<string, PastMarket>;
  readonly trends: TrendState;
  readonly model: RankingModel;
  /** With the patches of the arms. */
  readonly config: RankingConfig;
  /** Version of `config`. */
  readonly configVersion: string;
  /** Undefined without an arm. */
  readonly assigned?: AssignedArms | undefined;
}

/** The arms of the experiments that a request is in. */
export interface AssignedArms {
  readonly arms: Arms;
  /** Version of the config without the patches of arms: with one seed of exploration, arms differ only by their patches. */
  readonly seedVersion: string;
}

/** The ranking that a request asks for. */
export interface RankingRequest {
  /** Null: an anonymous user. */
  readonly userKey: string | null;
  /** Null: the country in the profile of the user. */
  readonly country: string | null;
  /** Null: the algorithm that the config assigns to the user. */
  readonly algorithm: 'v1' | 'v2' | null;
  readonly limit: number;
  /** The arms of a feed that was served. Undefined: those that the experiments assign; none with an explicit `algorithm`. */
  readonly arms?: Arms | undefined;
}

/** The inputs of scoring, for a feed or for given markets. */
export type ScoringInputs = Omit<RankingInputs, 'limit' | 'userKey' | 'configVersion'>;

/**
 * The seed of exploration: constant for a user, UTC hour and config version, so a reload shows the same page. An integer
 * from 0 to 2^32 − 1.
 */
export function seedOf({
  userKey,
  nowMs,
  configVersion,
  assigned,
}: Pick<RankingInputs, 'userKey' | 'nowMs' | 'configVersion' | 'assigned'>): number {
  const hour = Math.floor(nowMs / HOUR_MS);
  const version = assigned?.seedVersion ?? configVersion;
  return hash('sha256', JSON.stringify([userKey, hour, version]), 'buffer').readUInt32BE(0);
}

/** Whether the ranking depends on the interactions of the user. */
export function isPersonalized({ personal, profile }: Pick<RankingInputs, 'personal' | 'profile'>): boolean {
  return personal && profile !== null && profile.totalInteractions > 0;
}

/** The features of the user that algorithm v2 reads; null for v1, and if the ranking does not depend on the user. */
export function userFeatures({
  algorithm,
  profile,
  personal,
  nowMs,
  config,
}: Pick<RankingInputs, 'algorithm' | 'profile' | 'personal' | 'nowMs' | 'config'>): UserFeatures | null {
  if (algorithm === 'v1' || profile === null || !personal) return null;
  return userFeaturesV2(profile, nowMs, decayConfig(config));
}
