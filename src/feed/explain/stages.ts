import { FilterPass, type Filter } from '../filters/filter.js';
import { PIPELINES, STAGES, type StageName } from '../pipeline.js';
import { userFeatures, type RankingInputs } from '../ranking-inputs.js';
import type { Stage } from './explanation.js';

const MAX_REMOVED = 200;

/** Returns the trace of a feed's stages between the catalog and the page, in the order of the pipeline. */
export function explainStages(inputs: RankingInputs, pageLength: number): Stage[] {
  const { source, filter } = PIPELINES[inputs.algorithm];
  const { size } = inputs.snapshot.columns;
  const filtered = filterStages(filter, inputs);
  const passed = filtered.at(-1)?.out ?? size;
  const traces: Partial<Record<StageName, (name: StageName) => Stage[]>> = {
    source: () => [{ name: source.name, in: size, out: size, removed: [] }],
    filter: () => filtered,
    score: (name) => [{ name, in: passed, out: passed, removed: [] }],
    select: (name) => [{ name, in: passed, out: pageLength, removed: [] }],
  };
  return STAGES.flatMap((name) => traces[name]?.(name) ?? []);
}

function filterStages(filters: readonly Filter[], inputs: RankingInputs): Stage[] {
  const { entries, columns } = inputs.snapshot;
  const pass = new FilterPass();
  const { removedBy } = pass.run(filters, { ...inputs, user: userFeatures(inputs) });
  let left = columns.size;
  return filters.map(({ name, reason }, index): Stage => {
    const removed: { marketId: string; title: string; reason: string }[] = [];
    let count = 0;
    for (const [row, number] of removedBy.entries()) {
      const market = entries[row]?.market;
      if (number !== index + 1 || market === undefined) continue;
      count += 1;
      if (removed.length < MAX_REMOVED) removed.push({ marketId: market.id, title: market.title, reason });
    }
    const stage = { name, in: left, out: left - count, removed };
    left = stage.out;
    return stage;
  });
}
