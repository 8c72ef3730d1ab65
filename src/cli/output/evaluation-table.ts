import type { ArchiveIntake } from '../../evaluation/archive-builder.js';
import type { Evaluation } from '../../evaluation/evaluate.js';
import type { SkipReason } from '../../evaluation/replay.js';
import { DIFFERENCE_PARTS, type DifferencePart } from '../../evaluation/differences.js';
import type { DerivedDate } from '../../evaluation/derived-dates.js';
import type { Mean } from '../../evaluation/results.js';
import { DAY_MS } from '../../lib/time.js';
import { signed } from './format.js';
import { TextTable } from './text-table.js';

const SKIP_REASONS: Record<SkipReason, string> = {
  touchedBefore: 'on a market that the user already knew',
  notPositive: 'impressions and negative events, used for training only',
  over: 'on a market that had already closed',
  notYetCreated: 'on a market that did not exist yet',
  notSampled: 'by users that --half or --limit-users leaves out',
};

/** Formats an evaluation: what was evaluated, one row per algorithm, and what was skipped. */
export function evaluationTable(evaluation: Evaluation, intake: ArchiveIntake, k: number): string {
  const table = new TextTable({
    head: ['', `nDCG@${k}`, `hit rate@${k}`, 'MRR', `coverage@${k}`, 'diversity', 'novelty'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    optional: ['novelty', 'diversity', `coverage@${k}`, 'MRR', `hit rate@${k}`],
    style: { compact: true },
  });
  for (const { algorithm, result } of evaluation.results) {
    table.add([
      algorithm,
      mean(result.ndcg),
      mean(result.hitRate),
      mean(result.mrr),
      result.coverage.toFixed(3),
      result.diversity.value.toFixed(3),
      result.novelty.value.toFixed(2),
    ]);
  }
  return [
    headline(evaluation),
    table.toString(),
    ...differenceTable(evaluation, k),
    ...footnotes(evaluation, intake),
  ].join('\n');
}

const PARTS: Record<DifferencePart, string> = {
  ...{ all: 'all', usersA: 'users a', usersB: 'users b' },
  ...{ firstHalf: 'first half', secondHalf: 'second half' },
};

/** The paired differences from v2, one row per other algorithm. */
function differenceTable({ differences }: Evaluation, k: number): string[] {
  if (differences.length === 0) return [];
  const table = new TextTable({
    head: ['minus v2', ...Object.values(PARTS), 'per user', 'better', 'worse'],
    colAligns: ['left', ...Object.values(PARTS).map(() => 'right' as const), 'right', 'right', 'right'],
    optional: ['users a', 'users b', 'first half', 'second half'],
    style: { compact: true },
  });
  for (const { algorithm, difference } of differences) {
    const parts = DIFFERENCE_PARTS.map((part) => difference[part]);
    table.add([
      algorithm,
      ...parts.map((part) => (part === null ? '–' : signedMean(part))),
      signedMean(difference.perUser),
      formatted(difference.usersBetter),
      formatted(difference.usersWorse),
    ]);
  }
  return [
    `Paired differences of nDCG@${k} from v2, also by half of the users and of the time; users better and worse off:`,
    table.toString(),
  ];
}

function signedMean({ value, interval }: Mean): string {
  if (interval === null) return signed(value, 3);
  return `${signed(value, 3)} [${signed(interval.low, 3)}, ${signed(interval.high, 3)}]`;
}

/** Warns of a date that leaks the time of the first interaction. */
export function derivedDateWarning({ field, distanceMs, share }: DerivedDate): string {
  const of = field === 'end' ? 'The end' : 'createdAt';
  const side = distanceMs < 0 ? 'before' : 'after';
  return (
    `Warning: ${of} is exactly ${Math.abs(distanceMs) / DAY_MS} days ${side} the first interaction for ` +
    `${Math.round(100 * share)}% of the markets. A date that is derived from the interactions leaks them, and the results are too high.`
  );
}

function mean({ value, interval }: Mean): string {
  if (interval === null) return value.toFixed(3);
  return `${value.toFixed(3)} [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}]`;
}

function headline({ counts, period }: Evaluation): string {
  const { interactions, users, ofNewUsers, meanCandidates } = counts;
  return `Evaluated ${formatted(interactions)} interactions of ${formatted(users)} users, from ${instant(period.splitAtMs)} to ${instant(period.toMs)}: ${formatted(ofNewUsers)} of new users, ${formatted(Math.round(meanCandidates))} candidates on average.`;
}

function footnotes({ skipped }: Evaluation, intake: ArchiveIntake): string[] {
  const reasons = Object.entries(SKIP_REASONS).map(([key, reason]): [number, string] => [
    skipped[key as SkipReason],
    reason,
  ]);
  return [
    'Brackets: 95% bootstrap confidence intervals, resampled by user.',
    ...reasons
      .filter(([count]) => count > 0)
      .map(([count, reason]) => `Not evaluated: ${formatted(count)} ${reason}.`),
    ...(intake.duplicates > 0 ? [`Skipped: ${formatted(intake.duplicates)} duplicate interactions.`] : []),
  ];
}

function formatted(count: number): string {
  return count.toLocaleString('en');
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
