import type { TopicColumns } from './features.js';

/** The markets with the same topics in the same order, as a group. */
export interface TopicGroups {
  /** By row, its group, from 0. */
  readonly group: Int32Array;
  /** By group, one of its rows. */
  readonly rows: Int32Array;
  /** The groups with the topic `t` are `postings[postingStart[t]]` to `postings[postingStart[t + 1] − 1]`. */
  readonly postingStart: Int32Array;
  readonly postings: Int32Array;
}

const computed = new WeakMap<Int32Array, TopicGroups>();

/** Returns the groups of a catalog's rows, computed once for the versions of the catalog that share their topics. */
export function topicGroups(topics: Pick<TopicColumns, 'start' | 'ids' | 'count'>): TopicGroups {
  let groups = computed.get(topics.ids);
  if (groups === undefined) computed.set(topics.ids, (groups = computeGroups(topics)));
  return groups;
}

/** Open addressing: a hash table of groups, with the comparison of their topics. */
function computeGroups({ start, ids, count }: Pick<TopicColumns, 'start' | 'ids' | 'count'>): TopicGroups {
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
  const { postingStart, postings } = computePostings();
  return { group, rows: Int32Array.from(rows), postingStart, postings };

  /** Counts the groups of each topic, and then places them. */
  function computePostings(): Pick<TopicGroups, 'postingStart' | 'postings'> {
    const starts = new Int32Array(count + 1);
    for (const row of rows)
      for (let i = start[row] as number; i < (start[row + 1] as number); i += 1) {
        const next = (ids[i] as number) + 1;
        starts[next] = (starts[next] as number) + 1;
      }
    for (let topic = 0; topic < count; topic += 1)
      starts[topic + 1] = (starts[topic + 1] as number) + (starts[topic] as number);
    const placed = new Int32Array(starts[count] as number);
    const next = starts.slice();
    for (const [each, row] of rows.entries())
      for (let i = start[row] as number; i < (start[row + 1] as number); i += 1) {
        const topic = ids[i] as number;
        placed[next[topic] as number] = each;
        next[topic] = (next[topic] as number) + 1;
      }
    return { postingStart: starts, postings: placed };
  }

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
