import { hash } from 'node:crypto';
import { NO_CATEGORY } from '../../../catalog/market-input.js';
import { topicKey } from '../../../domain/market.js';
import type { MarketColumns } from '../../../scoring/v2/features.js';
import { vectorOf, writeCosines } from '../../../scoring/v2/vector-similarity.js';
import type { WriteSimilarities } from './greedy-determinant.js';
import { TopicOverlap, type RowTopics } from './topic-overlap.js';

type Columns = Pick<MarketColumns, 'ids'> & {
  readonly topics: RowTopics & Pick<MarketColumns['topics'], 'idOf'>;
  /** Null: there are no text vectors. */
  readonly vectors: MarketColumns['vectors'];
};

/** Signs of a hash vector. */
const HASH_BITS = 64;

/**
 * The cosines of the vectors of rows. The vector of a row is its text vector, else that of its topics, 1 for each. A row without any topic but the
 * category of markets that have none has 64 signs that depend on its id. Vectors of different kinds are orthogonal, so all
 * cosines are those of one space.
 */
export function rowVectors({ ids, topics, vectors }: Columns): WriteSimilarities {
  const bySigns = signCosines(ids);
  const overlap = new TopicOverlap(topics);
  const noCategory = topics.idOf('CATEGORY', topicKey(NO_CATEGORY));
  const kindOf = (row: number): 'text' | 'topics' | 'signs' => {
    if (vectors !== null && (vectors.index[row] as number) >= 0) return 'text';
    const size = overlap.sizeOf(row);
    const hasTopic = size > 1 || (size === 1 && topics.ids[topics.start[row] as number] !== noCategory);
    return hasTopic ? 'topics' : 'signs';
  };
  const byTopics: WriteSimilarities = (row, rows, target) => {
    const common = overlap.with(row, rows);
    for (let index = 0; index < rows.length; index += 1) {
      const other = rows[index] as number;
      target[index] = (common[index] as number) / Math.sqrt(overlap.sizeOf(row) * overlap.sizeOf(other));
    }
  };
  return (row, rows, target) => {
    const text = vectorOf(vectors, row);
    if (vectors !== null && text !== null) {
      writeCosines(text, vectors, rows, target);
      return;
    }
    const kind = kindOf(row);
    if (kind === 'topics') byTopics(row, rows, target);
    else bySigns(row, rows, target);
    for (let index = 0; index < rows.length; index += 1)
      if (kindOf(rows[index] as number) !== kind) target[index] = 0;
  };
}

/** The cosines of 64 signs that depend on the ids of the rows. */
function signCosines(ids: readonly string[]): WriteSimilarities {
  const hashes = new Map<number, bigint>();
  const hashOf = (row: number): bigint => {
    let ofRow = hashes.get(row);
    if (ofRow === undefined) {
      ofRow = hash('sha256', ids[row] as string, 'buffer').readBigUInt64BE(0);
      hashes.set(row, ofRow);
    }
    return ofRow;
  };
  return (row, rows, target) => {
    const own = hashOf(row);
    for (let index = 0; index < rows.length; index += 1)
      target[index] = cosineOfSigns(own, hashOf(rows[index] as number));
  };
}

function cosineOfSigns(signs: bigint, others: bigint): number {
  let different = 0;
  for (let bits = signs ^ others; bits > 0n; bits &= bits - 1n) different += 1;
  return 1 - (2 * different) / HASH_BITS;
}
