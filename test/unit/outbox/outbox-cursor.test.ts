import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutboxCursor } from '../../../src/outbox/outbox-cursor.js';

const round = (
  cursor: OutboxCursor,
  writers: string[],
  read: bigint[],
  left: bigint[] = [],
  hasMore = false,
) => {
  cursor.observe(writers);
  cursor.advance({ read, settled: new Set(read.filter((seq) => !left.includes(seq))), hasMore });
  return cursor.position;
};

describe('outbox cursor', () => {
  it('advances past delivered events one round later while nothing writes', () => {
    const cursor = new OutboxCursor(0n);
    expect(round(cursor, [], [1n, 2n])).toBe(0n);
    expect(round(cursor, [], [5n])).toBe(2n);
    expect(round(cursor, [], [])).toBe(5n);
  });

  it('waits for the transactions that were writing when a number was seen, and for no later ones', () => {
    const cursor = new OutboxCursor(0n);
    round(cursor, ['a'], [2n]);
    expect(round(cursor, ['a', 'b'], [])).toBe(0n);
    expect(round(cursor, ['a', 'b', 'c'], [])).toBe(0n);
    expect(round(cursor, ['b', 'c', 'd'], [])).toBe(0n);
    expect(round(cursor, ['c', 'd'], [])).toBe(2n);
  });

  it('stops before an undelivered event, and at the end of a full round', () => {
    const cursor = new OutboxCursor(10n);
    round(cursor, [], [11n, 12n, 13n, 14n], [12n, 13n, 14n], true);
    expect(round(cursor, [], [12n, 13n, 14n], [13n])).toBe(12n);
    expect(round(cursor, [], [13n], [], true)).toBe(13n);
  });

  it('never passes an undelivered event, however transactions, rounds and failures interleave', () => {
    const writer = fc.nat(1);
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('write'), writer }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('commit'), writer }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort'), writer }) },
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('relay'),
          limit: fc.integer({ min: 1, max: 4 }),
          fate: fc.constantFrom('all', 'all', 'half', 'rollback'),
        }),
      },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const cursor = new OutboxCursor(0n);
        const writing = new Map<number, { id: string; seqs: bigint[] }>();
        const outbox = new Set<bigint>();
        let lastSeq = 0n;
        let transactions = 0;
        let round: { read: bigint[]; hasMore: boolean } | 'observed' | undefined;
        /** The next statement of the relay: it lists the writers, reads events, or ends its transaction. */
        const relay = (limit: number, fate: string): void => {
          if (round === undefined) {
            cursor.observe([...writing.values()].map(({ id }) => id));
            round = 'observed';
          } else if (round === 'observed') {
            const visible = [...outbox].filter((seq) => seq > cursor.position);
            const read = visible.sort((a, b) => Number(a - b)).slice(0, limit);
            round = { read, hasMore: read.length === limit };
          } else {
            const { read, hasMore } = round;
            round = undefined;
            if (fate === 'rollback') return;
            const settled = new Set(fate === 'half' ? read.filter((_, n) => n % 2 === 0) : read);
            for (const seq of settled) outbox.delete(seq);
            cursor.advance({ read, settled, hasMore });
          }
        };
        const apply = (kind: string, writer: number): void => {
          const transaction = writing.get(writer) ?? { id: `t${transactions++}`, seqs: [] };
          writing.delete(writer);
          if (kind === 'write')
            writing.set(writer, { ...transaction, seqs: [...transaction.seqs, ++lastSeq] });
          if (kind === 'commit') for (const seq of transaction.seqs) outbox.add(seq);
        };
        for (const each of steps) {
          if ('writer' in each) apply(each.kind, each.writer);
          else relay(each.limit, each.fate);
          const undelivered = [...outbox, ...[...writing.values()].flatMap(({ seqs }) => seqs)];
          for (const seq of undelivered) expect(seq).toBeGreaterThan(cursor.position);
        }
        // After all writers have committed, everything is delivered.
        for (const writer of [0, 1]) apply('commit', writer);
        for (let left = 3 * (outbox.size + 2); left > 0; left -= 1) relay(5, 'all');
        expect(outbox.size).toBe(0);
      }),
      { numRuns: 2_000 },
    );
  });
});
