import type { OutboxEvent, OutboxRow } from '../../src/storage/events/outbox-repository.js';
import { outgoingEvent, type OutgoingEvent } from '../../src/outbox/sinks/outgoing-event.js';
import { SinkRelay, type DeadLetter } from '../../src/outbox/sink-relay.js';
import type { Delivery } from '../../src/outbox/sinks/sink.js';
import { recordingLogger } from './log-lines.js';
import { interactionOf } from './outbox.js';

export type Deliver = (events: readonly OutgoingEvent[]) => Promise<Delivery>;

export const all: Deliver = (events) =>
  Promise.resolve({ delivered: [...events.keys()], rejected: [], failure: undefined });

/** A relay over an outbox in memory, whose sink runs `state.deliver`. */
export function relayOver(numbers: readonly number[], options: { batchSize?: number } = {}) {
  const rows = new Map<bigint, OutboxRow>();
  const add = (n: number): void => {
    const event = JSON.parse(JSON.stringify(interactionOf('ada', n))) as OutboxEvent;
    rows.set(BigInt(n), { seq: BigInt(n), userKey: 'ada', event, recordedAt: new Date(event.receivedAt) });
  };
  numbers.forEach(add);
  const state = {
    add,
    waiting: () => [...rows.keys()].map(Number),
    deliver: all,
    /** The numbers of the events of each delivery attempt. */
    attempts: [] as number[][],
    locked: true,
    isDatabaseUp: true,
    transactions: 0,
    deadLetters: [] as DeadLetter[],
    closed: 0,
    lines: [] as Record<string, unknown>[],
  };
  const outbox = {
    lock: () => Promise.resolve(state.locked),
    position: () => Promise.resolve(0n),
    savePosition: () => Promise.resolve(),
    writers: () => Promise.resolve([]),
    take: (_sink: string, after: bigint, limit: number) =>
      Promise.resolve([...rows.values()].filter(({ seq }) => seq > after).slice(0, limit)),
    remove: (_sink: string, seqs: readonly bigint[]) => {
      for (const seq of seqs) rows.delete(seq);
      return Promise.resolve();
    },
  };
  const { logger, lines } = recordingLogger();
  state.lines = lines;
  const relay = new SinkRelay({
    sink: {
      name: 'memory',
      deliver: (events) => {
        state.attempts.push(events.map(({ interactionId }) => Number(interactionId.slice(0, 8))));
        return state.deliver(events);
      },
      close: () => {
        state.closed++;
        return Promise.resolve();
      },
    },
    store: {
      transaction: async (work) => {
        state.transactions++;
        if (!state.isDatabaseUp) throw new Error('no database');
        return work({ outbox });
      },
    },
    toOutgoing: (row) => outgoingEvent(row, (userKey) => userKey),
    onDeadLetters: (letters) => {
      state.deadLetters.push(...letters);
      return Promise.resolve();
    },
    batchSize: options.batchSize ?? 500,
    random: () => 0,
    logger,
  });
  return { relay, state };
}
