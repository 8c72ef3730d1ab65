/**
 * The positions of `rows` without those that a group has too many of: of each group the heaviest, as many as it has room
 * for, ties to the lower row. Groups with room for `picks` or more keep all; −1 is no group.
 *
 * @param narrow the only groups that may have room for fewer than `picks`; null: any may.
 */
export function heaviestOfGroups(
  rows: Int32Array,
  groupOf: Int32Array,
  weight: Float64Array,
  picks: number,
  roomOf: (group: number) => number,
  narrow: Iterable<number> | null,
): Int32Array {
  let groups = 0;
  for (let i = 0; i < rows.length; i += 1)
    groups = Math.max(groups, (groupOf[rows[i] as number] as number) + 1);
  const isShort = new Uint8Array(groups);
  let short = 0;
  for (const group of narrow ?? isShort.keys()) {
    if (group >= groups || roomOf(group) >= picks) continue;
    isShort[group] = 1;
    short += 1;
  }
  if (short === 0) return rows;
  const last = new Int32Array(groups).fill(-1);
  const previous = new Int32Array(rows.length);
  const isKept = new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i += 1) {
    const group = groupOf[rows[i] as number] as number;
    if (group < 0 || isShort[group] === 0) {
      isKept[i] = 1;
    } else {
      previous[i] = last[group] as number;
      last[group] = i;
    }
  }
  for (let group = 0; group < groups; group += 1) {
    if (last[group] === -1) continue;
    for (let room = roomOf(group); room > 0; room -= 1) {
      let heaviest = -1;
      for (let i = last[group] as number; i >= 0; i = previous[i] as number) {
        if (isKept[i] === 1) continue;
        if (heaviest < 0 || weightAt(i) >= weightAt(heaviest)) heaviest = i;
      }
      if (heaviest >= 0) isKept[heaviest] = 1;
    }
  }
  const kept = new Int32Array(rows.length);
  let count = 0;
  for (let i = 0; i < rows.length; i += 1) if (isKept[i] === 1) kept[count++] = rows[i] as number;
  return kept.subarray(0, count);

  function weightAt(i: number): number {
    return weight[rows[i] as number] as number;
  }
}
