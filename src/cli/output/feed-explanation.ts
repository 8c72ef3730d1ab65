import type { Explanation, ExplainedItem, Stage } from '../../feed/explain/explanation.js';
import { REMOVAL_REASONS } from '../../feed/filters/filter.js';
import { truncated, visible } from '../../lib/input/display-text.js';
import { signed } from './format.js';
import { TextTable } from './text-table.js';

const MAX_COMPONENTS = 5;
const MAX_REMOVED = 10;

/** Contributions smaller than this are not shown. */
const MIN_CONTRIBUTION = 0.005;

/** Formats an explanation of a feed: the pipeline stages, the removed markets with reasons, and the score components. */
export function feedExplanation(explanation: Explanation): string {
  const { feed, stages, items, notes, replay } = explanation;
  return [
    `Config ${feed.configVersion}, model ${feed.modelVersion ?? '–'}. Replay: ${replayOutcome(explanation)}.`,
    stageTable(stages),
    ...removedMarkets(stages),
    scoreTable(items),
    ...(notes.length === 0 ? [] : [`Composition: ${visible(notes.join('; '))}`]),
    ...(replay.changed.length === 0 ? [] : [`Changed since: ${replay.changed.join(', ').toLowerCase()}`]),
  ].join('\n');
}

function replayOutcome({ replay }: Explanation): string {
  switch (replay.outcome) {
    case 'SAME':
      return 'the same markets and scores';
    case 'DIFFERENT':
      return 'a different result from the same inputs; please report this as a bug';
    case 'INPUTS_CHANGED':
      return 'a different result, because inputs have changed';
  }
}

function stageTable(stages: readonly Stage[]): string {
  const table = new TextTable({
    head: ['stage', 'received', 'kept', 'removed'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { compact: true },
  });
  for (const { name, received, kept } of stages) {
    table.add([name, received, kept, received - kept]);
  }
  return table.toString();
}

function removedMarkets(stages: readonly Stage[]): string[] {
  const removed = stages.flatMap((stage) => stage.removed);
  if (removed.length === 0) return [];
  const lines = removed
    .slice(0, MAX_REMOVED)
    .map(({ title, reason }) => `  ${visible(truncated(title, 60))}: ${REMOVAL_REASONS[reason]}`);
  const more = removed.length - lines.length;
  return ['Removed:', ...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
}

function scoreTable(items: readonly ExplainedItem[]): string {
  const table = new TextTable({
    head: ['rank', 'market', 'slot', 'score', 'components', 'reason'],
    colAligns: ['right', 'left', 'left', 'right', 'left', 'left'],
    colWidths: [null, 36, null, null, 46, 40],
    optional: ['slot'],
    wordWrap: true,
    style: { compact: true },
  });
  for (const { item, contributions } of items) {
    const { rank, market, slot, badge, score, reason } = item;
    const components = contributions
      .filter(({ amount }) => Math.abs(amount) >= MIN_CONTRIBUTION)
      .slice(0, MAX_COMPONENTS)
      .map(({ part, amount }) => `${part} ${signed(amount, 2)}`)
      .join('  ');
    const slotAndBadge = [slot ?? '–', ...(badge === null ? [] : [badge])].join(' ');
    table.add([rank, truncated(market.title, 70), slotAndBadge, score.toFixed(3), components, reason ?? '–']);
  }
  return table.toString();
}
