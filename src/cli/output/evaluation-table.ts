import type { ArchiveIntake } from '../../evaluation/archive-builder.js';
import type { Evaluation } from '../../evaluation/evaluate.js';
import type { SkipReason } from '../../evaluation/replay.js';
import type { Mean } from '../../evaluation/results.js';
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
  return [headline(evaluation), table.toString(), ...footnotes(evaluation, intake)].join('\n');
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
