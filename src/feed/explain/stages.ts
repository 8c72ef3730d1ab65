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
  const passed = filtered.at(-1)?.kept ?? size;
  const traces: Partial<Record<StageName, (name: StageName) => Stage[]>> = {
    source: () => [{ name: source.name, received: size, kept: size, removed: [] }],
    filter: () => filtered,
    score: (name) => [{ name, received: passed, kept: passed, removed: [] }],
    select: (name) => [{ name, received: passed, kept: pageLength, removed: [] }],
  };
  return STAGES.flatMap((name) => traces[name]?.(name) ?? []);
}

function filterStages(filters: readonly Filter[], inputs: RankingInputs): Stage[] {
  const { entries, columns } = inputs.snapshot;
  const pass = new FilterPass();
  const { removedBy } = pass.run(filters, { ...inputs, user: userFeatures(inputs) });
  let left = columns.size;
  return filters.map(({ name, reason }, index): Stage => {
    const removed: Stage['removed'][number][] = [];
    let count = 0;
    for (const [row, number] of removedBy.entries()) {
      const market = entries[row]?.market;
      if (number !== index + 1 || market === undefined) continue;
      count += 1;
      if (removed.length < MAX_REMOVED) removed.push({ marketId: market.id, title: market.title, reason });
    }
    const stage = { name, received: left, kept: left - count, removed };
    left = stage.kept;
    return stage;
  });
}
