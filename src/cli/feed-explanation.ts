import type { Explanation, ExplainedItem, Stage } from '../feed/explain/explanation.js';
import { visible } from '../lib/input/control-characters.js';
import { truncated } from '../lib/input/truncate.js';
import { TextTable } from './text-table.js';

const PARTS_SHOWN = 5;
const REMOVED_SHOWN = 10;

/** Why a feed is as it is, as tables: what each stage did, what fell out and why, and what each score is made of. */
export function renderExplanation(explanation: Explanation): string {
  const { stages, items, notes, replay, configVersion } = explanation;
  return [
    `Config ${configVersion}; made again: ${replayed(explanation)}`,
    stageTable(stages),
    ...removals(stages),
    scoreTable(items),
    ...(notes.length === 0 ? [] : [`Composition: ${visible(notes.join('; '))}`]),
    ...(replay.changed.length === 0 ? [] : [`Changed since: ${replay.changed.join(', ')}`]),
  ].join('\n');
}

function replayed({ replay }: Explanation): string {
  switch (replay.outcome) {
    case 'SAME':
      return 'the same markets with the same scores';
    case 'DIFFERENT':
      return 'something else from the same inputs, which is a fault';
    case 'INPUTS_CHANGED':
      return 'something else, from inputs that have changed';
  }
}

function stageTable(stages: readonly Stage[]): string {
  const table = new TextTable({
    head: ['stage', 'in', 'out', 'removed'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { compact: true },
  });
  for (const stage of stages) table.add([stage.name, stage.in, stage.out, stage.in - stage.out]);
  return table.toString();
}

function removals(stages: readonly Stage[]): string[] {
  const removed = stages.flatMap((stage) => stage.removed);
  if (removed.length === 0) return [];
  const lines = removed
    .slice(0, REMOVED_SHOWN)
    .map(({ title, reason }) => `  ${visible(truncated(title, 60))}: ${visible(reason)}`);
  const more = removed.length - lines.length;
  return ['Left out:', ...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
}

function scoreTable(items: readonly ExplainedItem[]): string {
  const table = new TextTable({
    head: ['', 'market', 'slot', 'score', 'made of', 'because'],
    colAligns: ['right', 'left', 'left', 'right', 'left', 'left'],
    colWidths: [null, 36, null, null, 46, 40],
    optional: ['slot'],
    wordWrap: true,
    style: { compact: true },
  });
  for (const { rank, market, slot, badge, score, contributions, reason } of items) {
    const madeOf = contributions
      .filter(({ adds }) => Math.abs(adds) >= 0.005)
      .slice(0, PARTS_SHOWN)
      .map(({ part, adds }) => `${part} ${adds < 0 ? '−' : '+'}${Math.abs(adds).toFixed(2)}`)
      .join('  ');
    const kind = [slot ?? '–', ...(badge === null ? [] : [badge])].join(' ');
    table.add([rank, truncated(market.title, 70), kind, score.toFixed(3), madeOf, reason ?? '–']);
  }
  return table.toString();
}
