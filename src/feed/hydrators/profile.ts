import type { FullProfile, ProfileState } from '../../domain/profile.js';

/**
 * Reads profiles through the profile cache, which sends the reads of one tick to the database as one query and reads no
 * user twice at a time.
 */
export interface ProfileReader {
  /** Returns the version of the profile if it is cached and current; decodes nothing. */
  cachedVersion(userKey: string): number | undefined;
  /** Returns the profile if it is cached and current; costs no read. */
  cached(userKey: string): ProfileState | undefined;
  cachedFull(userKey: string): FullProfile | undefined;
  get(userKey: string): Promise<ProfileState>;
  /** Returns the profile with the lifetime sums, which only algorithm v1 reads. */
  getFull(userKey: string): Promise<FullProfile>;
}

/** Reads that part of a profile which an algorithm needs. */
export interface ProfileHydrator {
  readonly cached: (profiles: ProfileReader, userKey: string) => ProfileState | undefined;
  readonly read: (profiles: ProfileReader, userKey: string) => Promise<ProfileState>;
}

export const profileWithoutLifetime: ProfileHydrator = {
  cached: (profiles, userKey) => profiles.cached(userKey),
  read: (profiles, userKey) => profiles.get(userKey),
};

export const fullProfile: ProfileHydrator = {
  cached: (profiles, userKey) => profiles.cachedFull(userKey),
  read: (profiles, userKey) => profiles.getFull(userKey),
};
