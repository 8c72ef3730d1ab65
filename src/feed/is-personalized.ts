import type { RankingInputs } from './ranking-inputs.js';

/** Whether what is known of the person takes part. */
export function isPersonalized({ personal, profile }: Pick<RankingInputs, 'personal' | 'profile'>): boolean {
  return personal && profile !== null && profile.totalInteractions > 0;
}
