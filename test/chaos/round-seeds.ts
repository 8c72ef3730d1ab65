/** The seed of a test run without CHAOS_SEED, so that every run of the tests does the same. */
const FIXED_SEED = 20_261_127;

/**
 * One seed for each round of a scenario: CHAOS_ROUNDS of them (default 2), counted up from CHAOS_SEED. `random` chooses
 * another first seed in every run. A failed round names its seed; give it as CHAOS_SEED with CHAOS_ROUNDS=1 to repeat it.
 */
export const roundSeeds: readonly number[] = Array.from(
  { length: Number(process.env['CHAOS_ROUNDS'] ?? 2) },
  (_, round) => firstSeed(process.env['CHAOS_SEED']) + round,
);

function firstSeed(given: string | undefined): number {
  if (given === 'random') return Date.now() % 1_000_000_000;
  return given === undefined ? FIXED_SEED : Number(given);
}

/** A round takes seconds. A round that exceeds this limit hangs. */
export const ROUND_TIMEOUT_MS = 120_000;
