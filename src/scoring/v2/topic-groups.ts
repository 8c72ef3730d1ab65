import type { TopicColumns } from './features.js';

/** The markets with the same topics in the same order, as a group. */
export interface TopicGroups {
  /** By row, its group, from 0. */
  readonly group: Int32Array;
  /** By group, one of its rows. */
  readonly rows: Int32Array;
}

const computed = new WeakMap<Int32Array, TopicGroups>();

/** Returns the groups of a catalog's rows, computed once for the versions of the catalog that share their topics. */
export function topicGroups(topics: Pick<TopicColumns, 'start' | 'ids'>): TopicGroups {
  let groups = computed.get(topics.ids);
  if (groups === undefined) computed.set(topics.ids, (groups = computeGroups(topics)));
  return groups;
}

/** Open addressing: a hash table of groups, with the comparison of their topics. */
function computeGroups({ start, ids }: Pick<TopicColumns, 'start' | 'ids'>): TopicGroups {
  const size = start.length - 1;
  const mask = 2 ** Math.ceil(Math.log2(2 * size + 2)) - 1;
  const table = new Int32Array(mask + 1).fill(-1);
  const group = new Int32Array(size);
  const rows: number[] = [];
  for (let row = 0; row < size; row += 1) {
    let at = hashOf(row) & mask;
    while (table[at] !== -1 && !haveSameTopics(row, rows[table[at] as number] as number))
      at = (at + 1) & mask;
    if (table[at] === -1) {
      table[at] = rows.length;
      rows.push(row);
    }
    group[row] = table[at] as number;
  }
  return { group, rows: Int32Array.from(rows) };

  function hashOf(row: number): number {
    let hash = 0;
    for (let i = start[row] as number; i < (start[row + 1] as number); i += 1)
      hash = Math.imul(hash ^ (ids[i] as number), 0x9e3779b1) ^ (hash >>> 15);
    return hash ^ (hash >>> 16);
  }

  function haveSameTopics(one: number, other: number): boolean {
    const from = start[one] as number;
    const offset = (start[other] as number) - from;
    const to = start[one + 1] as number;
    if (to + offset !== start[other + 1]) return false;
    for (let i = from; i < to; i += 1) if (ids[i] !== ids[i + offset]) return false;
    return true;
  }
}
