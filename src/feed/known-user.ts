import { profileMemory } from '../profiles/profile-memory.js';
import { userV2 } from '../profiles/user-v2.js';
import type { UserFeatures } from '../scoring/v2/features.js';
import type { RankingInputs } from './ranking-inputs.js';

/** What algorithm v2 knows of the person; null where the ranking is the same for everyone. */
export function knownUser({
  profile,
  personal,
  nowMs,
  config,
}: Pick<RankingInputs, 'profile' | 'personal' | 'nowMs' | 'config'>): UserFeatures | null {
  return profile === null || !personal ? null : userV2(profile, nowMs, profileMemory(config));
}
