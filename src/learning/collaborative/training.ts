import { trainAls, type AlsOptions } from './als.js';
import { factorsOf, packArtifact, storedNeighbors, unpackArtifact, type Artifact } from './artifact.js';
import { trainGraph, type GraphOptions, type Neighbors } from './graph-filter.js';
import { idsOf, interactionsOf, rowCount, type Interactions } from './interactions.js';
import { whiten, whiteningOf } from './whitening.js';

export type MethodOptions =
  | { readonly method: 'als'; readonly als: AlsOptions }
  | { readonly method: 'graph'; readonly graph: GraphOptions };

/** Plain data, which can be posted to a worker thread. */
export interface TrainingInput {
  /** The user and the item of each engagement, in any order, with repetitions. */
  readonly users: Int32Array<ArrayBuffer>;
  readonly items: Int32Array<ArrayBuffer>;
  readonly userCount: number;
  /** The market of each item. */
  readonly markets: readonly string[];
  /** By item, 1 if it may be recommended. Null: all may. */
  readonly candidates: Uint8Array | null;
  readonly options: MethodOptions;
  /** The packed model from which ALS starts; null without one. */
  readonly previous: Uint8Array<ArrayBuffer> | null;
}

export interface Trained {
  readonly artifact: Uint8Array<ArrayBuffer>;
  /** Distinct pairs of a user and a market. */
  readonly pairs: number;
  /** The loss after each iteration of ALS. */
  readonly losses: readonly number[];
}

/** Users of which the scale of the sums is the mean, and the number of their items that count. */
const SAMPLED_USERS = 256;
const SAMPLED_ITEMS = 100;

/** Trains a model. Pure; the same input gives the same bytes. */
export function trainCollaborative(input: TrainingInput): Trained {
  const { users, items, userCount, markets, candidates, options, previous } = input;
  const interactions = interactionsOf(users, items, { users: userCount, items: markets.length });
  const pairs = interactions.itemsOfUser.ids.length;
  if (options.method === 'graph') {
    const isCandidate = candidates === null ? undefined : (item: number) => candidates[item] === 1;
    const neighbors = trainGraph(interactions, options.graph, isCandidate);
    const scale = typicalSum(neighbors, interactions);
    const artifact: Artifact = { method: 'graph', markets, scale, neighbors: storedNeighbors(neighbors) };
    return { artifact: packArtifact(artifact), pairs, losses: [] };
  }
  const { als } = options;
  const result = trainAls(interactions, als, startOf(previous, markets, als.factors));
  const lower = whiteningOf(result.items, als.regularization);
  const whitened = { size: als.factors, values: new Float32Array(result.items.values.length) };
  whiten(lower, result.items, whitened.values);
  const artifact: Artifact = { method: 'als', markets, alpha: als.alpha, whitened, lower };
  return { artifact: packArtifact(artifact), pairs, losses: result.losses };
}

/** The first factors of ALS from a model with as many factors. */
function startOf(
  previous: TrainingInput['previous'],
  markets: readonly string[],
  factors: number,
): Float32Array | undefined {
  const artifact = previous === null ? null : unpackArtifact(previous);
  if (artifact?.method !== 'als' || artifact.whitened.size !== factors) return undefined;
  return factorsOf(artifact, markets);
}

/** The mean, over some users, of the highest sum of neighbor values that an item has which is not theirs; 1 without any. */
function typicalSum({ start, ids, values }: Neighbors, { itemsOfUser }: Interactions): number {
  const users = rowCount(itemsOfUser);
  const step = Math.max(1, Math.floor(users / SAMPLED_USERS));
  let total = 0;
  let counted = 0;
  for (let user = 0; user < users; user += step) {
    const sums = new Map<number, number>();
    const own = idsOf(itemsOfUser, user).subarray(0, SAMPLED_ITEMS);
    for (const item of own) {
      for (let index = start[item] as number; index < (start[item + 1] as number); index += 1) {
        const other = ids[index] as number;
        sums.set(other, (sums.get(other) ?? 0) + (values[index] as number));
      }
    }
    for (const item of own) sums.delete(item);
    let highest = 0;
    for (const sum of sums.values()) if (sum > highest) highest = sum;
    if (highest === 0) continue;
    total += highest;
    counted += 1;
  }
  return counted === 0 ? 1 : total / counted;
}
