import type { Stage } from './explanation.js';
import type { RankersV2 } from './rankers-v2.js';
import type { RankingInputs } from './ranking-inputs.js';
import { fillRemovals, REMOVALS, removalOf, type Removal } from './row-filters.js';
import { scoreRows } from './v2-pipeline.js';

const MAX_REMOVED = 200;

const REASONS: Readonly<Record<Removal, string>> = {
  over: 'its time of resolution has come',
  hidden: 'the person hid it',
  'blocked-country': "it must not be shown in the person's country",
  'shown-too-often': 'the person was shown it too often without a click and without a change',
};

/** What each stage of a feed did, from the open markets to the page. */
export function stagesOf(inputs: RankingInputs, onPage: number, v2: RankersV2): Stage[] {
  const { snapshot, algorithm } = inputs;
  const { size } = snapshot.columns;
  const capped = algorithm === 'v2' ? scoreRows(inputs, v2).capped : new Uint8Array(size);
  const removals = new Uint8Array(size);
  fillRemovals(inputs, capped, removals);
  const removed = new Map<Removal, { marketId: string; title: string; reason: string }[]>();
  const counts = new Map<Removal, number>();
  for (let row = 0; row < size; row += 1) {
    const removal = removalOf(removals[row] as number);
    const market = snapshot.entries[row]?.market;
    if (removal === null || market === undefined) continue;
    counts.set(removal, (counts.get(removal) ?? 0) + 1);
    const list = removed.get(removal) ?? [];
    if (list.length < MAX_REMOVED)
      list.push({ marketId: market.id, title: market.title, reason: REASONS[removal] });
    removed.set(removal, list);
  }
  let left = size;
  const filters = REMOVALS.map((name): Stage => {
    const stage = { name, in: left, out: left - (counts.get(name) ?? 0), removed: removed.get(name) ?? [] };
    left = stage.out;
    return stage;
  });
  return [
    { name: 'open-markets', in: size, out: size, removed: [] },
    ...filters,
    { name: 'score', in: left, out: left, removed: [] },
    { name: 'select', in: left, out: onPage, removed: [] },
  ];
}
