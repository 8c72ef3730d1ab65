import type { ConfigFault } from './config-fault.js';
import { isTree } from './config-tree.js';
import { rankingSchema, type RankingConfig } from './ranking-schema.js';
import { senseRules, type SenseFault } from './sense-rules.js';
import { checkShape, type ShapeFault } from './shape-faults.js';

type Checked =
  { readonly config: RankingConfig; readonly faults?: never } | { readonly faults: readonly ConfigFault[] };

/**
 * Checks a merged config twice, its shape and then its sense, and tells all faults together. Where the shape is
 * wrong, the sense of everything else is checked all the same.
 *
 * @param standIn a config that is good, whose values take the place of those with a wrong shape meanwhile.
 */
export function checkRanking(merged: unknown, standIn: unknown): Checked {
  const shaped = checkShape(rankingSchema, merged);
  if (shaped.faults === undefined) {
    const faults = senseFaults(shaped.data);
    return faults.length === 0 ? { config: shaped.data } : { faults };
  }
  const mended = checkShape(rankingSchema, withoutFaults(merged, standIn, shaped.faults));
  if (mended.faults !== undefined) return { faults: shaped.faults };
  const sound = senseFaults(mended.data).filter(
    (fault) => !shaped.faults.some((shape) => reads(fault, shape)),
  );
  return { faults: [...shaped.faults, ...sound] };
}

const senseFaults = (config: RankingConfig): SenseFault[] => senseRules.flatMap((rule) => rule(config));

/** Whether a fault of sense may come from a value that took the place of a faulty one. */
function reads({ path, comparedWith = [] }: SenseFault, shape: ShapeFault): boolean {
  return [path, ...comparedWith].some((read) => isWithin(read, shape.path) || isWithin(shape.path, read));
}

const isWithin = (path: string, outer: string): boolean =>
  outer === '' || path === outer || path.startsWith(`${outer}.`);

/** The value, with everything that has a fault replaced by what stands at its place in the stand-in. */
function withoutFaults(
  value: unknown,
  standIn: unknown,
  faults: readonly Pick<ShapeFault, 'place'>[],
): unknown {
  if (faults.length === 0) return value;
  if (!isTree(value) || !isTree(standIn) || faults.some(({ place }) => place.length === 0)) return standIn;
  const keys = Object.entries(standIn).map(([key, good]) => {
    const within = faults.filter(({ place }) => place[0] === key);
    const below = within.map(({ place }) => ({ place: place.slice(1) }));
    return [key, withoutFaults(value[key], good, below)] as const;
  });
  return Object.fromEntries(keys);
}
