import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { sampleRatioTest, sequentialSampleRatio } from '../../dist/experiments/statistics/sample-ratio.js';
import { chance } from '../../dist/sample/random-draws.js';

const DAYS = 28;
/** Level of an alarm; lower than that of an effect, because an alarm ends an experiment. */
const ALPHA = 0.01;
const WEIGHTS = [1, 1] as const;

export interface SampleRatioOptions {
  readonly seed: number;
  readonly tests: number;
  readonly unitsPerDay: number;
  /** Share of the exposures of the second arm that are lost. */
  readonly lost: number;
}

/** Returns the tests in which each test of the sample ratio raises an alarm on any of 28 days. */
export function simulateSampleRatios({ seed, tests, unitsPerDay, lost }: SampleRatioOptions) {
  const rng = xoroshiro128plus(seed);
  const alarms = { fixed: 0, sequential: 0 };
  for (let test = 0; test < tests; test += 1) {
    const counts: [number, number] = [0, 0];
    let [fixed, pValue] = [false, 1];
    for (let day = 0; day < DAYS; day += 1) {
      for (let unit = 0; unit < unitsPerDay; unit += 1) {
        if (chance(rng, 0.5)) counts[0] += 1;
        else if (!chance(rng, lost)) counts[1] += 1;
      }
      fixed ||= sampleRatioTest(counts, WEIGHTS).pValue < ALPHA;
      pValue = sequentialSampleRatio(counts, WEIGHTS, pValue);
    }
    alarms.fixed += Number(fixed);
    alarms.sequential += Number(pValue < ALPHA);
  }
  return alarms;
}
