/**
 * `npm run bench:statistics`: simulates experiments and logs whose truth is known, and prints how often the statistics of
 * `src/experiments` are right. The seeds are fixed. docs/experiments.md has the printed table.
 */
import { simulateAbTests } from './statistics/ab-tests.ts';
import { simulateOpenBandit } from './statistics/open-bandit.ts';
import { simulateOwnExploration } from './statistics/own-exploration.ts';
import { simulateSampleRatios } from './statistics/sample-ratios.ts';
import { cupedReduction } from './statistics/sample-cuped.ts';

function print(...rows: readonly (readonly [label: string, value: string])[]): void {
  for (const [label, value] of rows) console.log(`| ${label} | ${value} |`);
}

const none = simulateAbTests({ seed: 1, tests: 2_000, usersPerDay: 100, effect: 0 });
print(
  ['A/A, daily looks, always-valid interval excludes 0', share(none.foundByPeekingAlwaysValid, none.tests)],
  ['A/A, daily looks, fixed interval excludes 0', share(none.foundByPeekingFixed, none.tests)],
  ['A/A, one look at the end, fixed interval covers 0', share(none.coveredAtEnd, none.tests)],
);

const some = simulateAbTests({ seed: 2, tests: 1_000, usersPerDay: 300, effect: 0.05 });
print(
  ['+5%, daily looks, always-valid interval finds it', share(some.foundByPeekingAlwaysValid, some.tests)],
  ['mean day of finding it', some.meanDayFound.toFixed(1)],
  ['+5%, one look at the end, fixed interval finds it', share(some.foundAtEnd, some.tests)],
  ['+5%, one look at the end, fixed interval covers it', share(some.coveredAtEnd, some.tests)],
  ['+5%, always-valid interval covers it on all days', share(some.coveredOnAllDays, some.tests)],
);

for (const lost of [0, 0.05]) {
  const tests = 2_000;
  const alarms = simulateSampleRatios({ seed: 4, tests, unitsPerDay: 1_000, lost });
  const world = `sample ratio, ${percent(lost)} of one arm lost, daily looks`;
  print(
    [`${world}: sequential test alarms at 1%`, share(alarms.sequential, tests)],
    [`${world}: χ² test alarms at 1%`, share(alarms.fixed, tests)],
  );
}

for (const days of [7, 28]) {
  const { reduction, theta } = cupedReduction({ seed: 1, users: 500, days });
  print([
    `CUPED on the sample, ${days} days and ${days} before: variance removed`,
    `${percent(reduction)} (θ ${theta.toFixed(2)})`,
  ]);
}

for (const [clickRate, slates] of [
  [0.05, 3_000],
  [0.005, 10_000],
] as const) {
  const logs = { seed: 3, runs: 1_000, slates, slatesPerUser: 2, clickRate };
  const { runs, covered, relativeMean, sequenceCovered } = simulateOpenBandit(logs);
  const world = `${slates.toLocaleString('en')} slates, CTR ${percent(clickRate)}`;
  for (const [name, count] of Object.entries(covered)) {
    const mean = relativeMean[name as keyof typeof relativeMean];
    print([
      `${world}: ${name} covers the truth`,
      `${share(count, runs)} (mean ${percent(mean)} of the truth)`,
    ]);
  }
  print([`${world}: robust sequence covers the truth`, share(sequenceCovered, runs)]);
}

for (const picks of [1, 3]) {
  const runs = 1_000;
  const covered = simulateOwnExploration({ seed: 5, runs, slates: 2_000, picks });
  for (const [name, count] of Object.entries(covered)) {
    print([`own exploration, ${picks} per slate: ${name} covers the truth`, share(count, runs)]);
  }
}

function share(count: number, of: number): string {
  return `${percent(count / of)} of ${of.toLocaleString('en')}`;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)}%`;
}
