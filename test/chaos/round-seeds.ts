/**
 * One seed for each round of a scenario, CHAOS_ROUNDS of them (default 2). They follow from CHAOS_SEED, which is
 * another one in every run unless it is given: with it and CHAOS_ROUNDS=1, the round of that seed is run again.
 */
export const roundSeeds: readonly number[] = Array.from(
  { length: Number(process.env['CHAOS_ROUNDS'] ?? 2) },
  (_, round) => Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000_000) + round,
);

/** A round takes seconds; what never comes back is to be told from what is slow. */
export const ROUND_TIMEOUT_MS = 120_000;
