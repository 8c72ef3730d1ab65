import type { ArchiveIntake } from '../evaluation/archive-builder.js';
import type { Evaluation } from '../evaluation/evaluate.js';
import type { SkipReason } from '../evaluation/replay.js';
import type { Mean } from '../evaluation/results.js';
import { TextTable } from './text-table.js';

const SKIP_SENTENCES: Record<SkipReason, string> = {
  touchedBefore: 'on a market that the person knew already',
  notPositive: 'impressions and dislikes, which were only learned from',
  over: 'on a market that was over',
  notYetCreated: 'on a market that was not yet made',
  notSampled: 'of people that --half or --limit-users leaves out',
};

/** An evaluation for people: what was judged, a line for each algorithm, and what was not judged. */
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
  const { judged, people, ofNewPeople, meanCandidates } = counts;
  return `${number(judged)} interactions of ${number(people)} people judged, from ${instant(period.splitAtMs)} to ${instant(period.toMs)}; ${number(ofNewPeople)} of people never seen before; ${number(Math.round(meanCandidates))} candidates on average.`;
}

function footnotes({ skipped }: Evaluation, intake: ArchiveIntake): string[] {
  const lines = Object.entries(SKIP_SENTENCES).map(([reason, sentence]): [number, string] => [
    skipped[reason as SkipReason],
    sentence,
  ]);
  return [
    'In brackets: where 95 % of means lie when people are drawn anew.',
    ...lines.filter(([count]) => count > 0).map(([count, why]) => `Not judged: ${number(count)} ${why}.`),
    ...(intake.duplicates > 0
      ? [`Left out: ${number(intake.duplicates)} interactions that were there twice.`]
      : []),
  ];
}

function number(count: number): string {
  return count.toLocaleString('en');
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
