import { stat } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { BusSession, SessionEvents } from '../../../src/bus/bus-session.js';
import { SessionBus } from '../../../src/bus/session-bus.js';
import { settlesWithin } from '../../../src/bus/settles-within.js';
import { becomesReliable, eventually, joinBus, type BusReplica } from '../../support/bus-replica.js';

/** A session whose server gives every message back. */
class EchoingSession implements BusSession {
  readonly sent: string[] = [];
  refuses = false;

  constructor(readonly events: SessionEvents) {}

  start = (): Promise<void> => Promise.resolve();
  ping = (): Promise<void> => Promise.resolve();
  end = (): Promise<void> => Promise.resolve();

  send(payloads: readonly string[]): Promise<void> {
    if (this.refuses) return Promise.reject(new Error('refused'));
    this.sent.push(...payloads);
    for (const payload of payloads) this.events.onPayload(payload);
    return Promise.resolve();
  }
}

const replicas: BusReplica[] = [];

/** A replica over sessions that can be changed before they start, and the sessions so far. */
function joinOver(prepare: (session: EchoingSession, isFirst: boolean) => void = () => undefined) {
  const sessions: EchoingSession[] = [];
  const open = (events: SessionEvents): BusSession => {
    const session = new EchoingSession(events);
    prepare(session, sessions.length === 0);
    sessions.push(session);
    return session;
  };
  const replica = joinBus((options) => new SessionBus(open, options), '');
  replicas.push(replica);
  return { replica, sessions, latest: () => sessions.at(-1) as EchoingSession };
}

afterEach(async () => {
  await Promise.all(replicas.splice(0).map(({ bus }) => bus.close()));
});

describe('a bus over sessions', () => {
  it('is not reliable over a session in which it does not hear itself', async () => {
    const { replica, sessions } = joinOver((session, isFirst) => {
      if (isFirst) session.send = () => Promise.resolve();
    });
    await becomesReliable(replica);
    expect(sessions).toHaveLength(2);
    expect(replica.lines[0]).toMatchObject({ level: 40, reason: 'no connection in 1000 ms' });
  });

  it('tells in the next session what one refused to take', async () => {
    const { replica, sessions, latest } = joinOver();
    await becomesReliable(replica);
    latest().refuses = true;
    replica.bus.publish(['ada']);
    await eventually(() => expect(sessions).toHaveLength(2));
    await eventually(() => expect(latest().sent).toHaveLength(2));
    expect(latest().sent[1]).toContain('"ada"');
  });

  it('says that anybody may have changed when there is too much to say', async () => {
    const { replica, latest } = joinOver((session, isFirst) => {
      session.refuses = isFirst;
    });
    replica.bus.publish(Array.from({ length: 10_001 }, (_, index) => `user-${index}`));
    await eventually(() => expect(latest().sent).toHaveLength(2));
    expect(latest().sent[1]).toMatch(/^\[".*","\*"\]$/);
  });

  it('holds everything for out of date when another may have changed anybody, or is not understood', async () => {
    const { replica, latest } = joinOver();
    await becomesReliable(replica);
    latest().events.onPayload('["another","*"]');
    expect(replica.changes).toEqual(['gap', 'reliable', 'gap']);
    latest().events.onPayload('{"version":2}');
    expect(replica.changes).toEqual(['gap', 'reliable', 'gap', 'gap']);
    latest().events.onPayload('["another",[]]');
    expect([replica.changes.length, replica.told]).toEqual([4, []]);
  });

  it('sends in one go what was told while it was sending', async () => {
    const { replica, latest } = joinOver();
    await becomesReliable(replica);
    for (const userKey of ['ada', 'grace', 'linus']) replica.bus.publish([userKey]);
    await eventually(() => expect(latest().sent).toHaveLength(3));
    expect(latest().sent[2]).toContain('["grace","linus"]');
  });
});

describe('waiting for an answer', () => {
  it('takes one that came while this process was busy', async () => {
    // From here on, the event loop looks at deadlines first and at what has come in after them.
    await new Promise(setImmediate);
    const answer = stat('.');
    const answered = settlesWithin(answer, 5);
    const busyUntilMs = performance.now() + 20;
    while (performance.now() < busyUntilMs);
    expect(await answered).toBe(true);
  });

  it('ends with the reason when there is none to wait for any more', async () => {
    const over = new AbortController();
    const answered = settlesWithin(new Promise(() => undefined), 10_000, over.signal);
    over.abort(new Error('lost'));
    await expect(answered).rejects.toThrow('lost');
    await expect(settlesWithin(Promise.resolve(), 10_000, over.signal)).rejects.toThrow('lost');
  });
});
