import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyRows } from '../../../../src/scoring/v2/key-rows.js';
import { topicGroups } from '../../../../src/scoring/v2/topic-groups.js';

describe('topic groups', () => {
  it('have the rows with the same topics in the same order, and one row of each group', () => {
    const topics = fc.array(fc.nat({ max: 3 }), { maxLength: 3 });
    fc.assert(
      fc.property(fc.array(topics, { maxLength: 60 }), (rows) => {
        const start = new Int32Array(rows.length + 1);
        for (const [row, ids] of rows.entries()) start[row + 1] = (start[row] ?? 0) + ids.length;
        const groups = topicGroups({ start, ids: Int32Array.from(rows.flat()), count: 4 });
        const keyed = rows.map((ids) => ids.join());
        expect([...groups.group].map((group) => keyed[groups.rows[group] ?? -1])).toEqual(keyed);
        expect(groups.rows).toHaveLength(new Set(keyed).size);
        for (let topic = 0; topic < 4; topic += 1) {
          const posted = groups.postings.subarray(groups.postingStart[topic], groups.postingStart[topic + 1]);
          const having = [...groups.rows.keys()].filter((group) =>
            rows[groups.rows[group] ?? -1]?.includes(topic),
          );
          expect([...new Set(posted)]).toEqual(having);
        }
      }),
    );
  });
});

describe('the rows of events', () => {
  it('are those that have the event, ascending', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: 5 }), { maxLength: 60 }), (events) => {
        const { start, rows } = keyRows(Int32Array.from(events), 6);
        for (let id = 0; id < 6; id += 1)
          expect([...rows.subarray(start[id], start[id + 1])]).toEqual(
            [...events.keys()].filter((row) => events[row] === id),
          );
      }),
    );
  });
});
