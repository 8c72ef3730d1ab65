import { hash } from 'node:crypto';
import { NO_CATEGORY } from '../../../catalog/market-input.js';
import { topicKey } from '../../../domain/market.js';
import type { MarketColumns } from '../../../scoring/v2/features.js';
import type { WriteSimilarities } from './greedy-determinant.js';
import { TopicOverlap, type RowTopics } from './topic-overlap.js';

type VectorColumns = Pick<MarketColumns, 'ids'> & {
  readonly topics: RowTopics & Pick<MarketColumns['topics'], 'idOf'>;
};

/** Signs of a hash vector. */
const HASH_BITS = 64;

/**
 * The cosines of the vectors of rows. The vector of a row is that of its topics: 1 for each. A row without any topic but the
 * category of markets that have none has 64 signs that depend on its id. The two kinds are orthogonal, so all cosines are those of one space.
 */
export function rowVectors({ topics, ids }: VectorColumns): WriteSimilarities {
  const noCategory = topics.idOf('CATEGORY', topicKey(NO_CATEGORY));
  const overlap = new TopicOverlap(topics);
  const hashes = new Map<number, bigint>();
  const hashOf = (row: number): bigint => {
    let ofRow = hashes.get(row);
    if (ofRow === undefined) {
      ofRow = hash('sha256', ids[row] as string, 'buffer').readBigUInt64BE(0);
      hashes.set(row, ofRow);
    }
    return ofRow;
  };
  const hasTopics = (row: number): boolean =>
    overlap.sizeOf(row) > 1 ||
    (overlap.sizeOf(row) === 1 && topics.ids[topics.start[row] as number] !== noCategory);
  return (row, rows, target) => {
    const isTopical = hasTopics(row);
    const common = isTopical ? overlap.with(row, rows) : null;
    for (let index = 0; index < rows.length; index += 1) {
      const other = rows[index] as number;
      if (hasTopics(other) !== isTopical) target[index] = 0;
      else if (common === null) target[index] = cosineOfSigns(hashOf(row), hashOf(other));
      else target[index] = (common[index] as number) / Math.sqrt(overlap.sizeOf(row) * overlap.sizeOf(other));
    }
  };
}

function cosineOfSigns(signs: bigint, others: bigint): number {
  let different = 0;
  for (let bits = signs ^ others; bits > 0n; bits &= bits - 1n) different += 1;
  return 1 - (2 * different) / HASH_BITS;
}
