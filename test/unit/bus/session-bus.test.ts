import { afterEach, describe, expect, it } from 'vitest';
import { SessionBus, type BusSession, type SessionEvents } from '../../../src/bus/session-bus.js';
import { becomesReliable, eventually, joinBus, type BusReplica } from '../../support/bus-replica.js';

/** A session whose server echoes every message. */
class EchoingSession implements BusSession {
  readonly sent: string[] = [];
  rejects = false;

  constructor(readonly events: SessionEvents) {}

  start = (): Promise<void> => Promise.resolve();
  ping = (): Promise<void> => Promise.resolve();
  end = (): Promise<void> => Promise.resolve();

  send(payloads: readonly string[]): Promise<void> {
    if (this.rejects) return Promise.reject(new Error('rejected'));
    this.sent.push(...payloads);
    for (const payload of payloads) this.events.onPayload(payload);
    return Promise.resolve();
  }
}

const replicas: BusReplica[] = [];

/** Returns a replica, and its sessions so far. `prepare` can change a session before it starts. */
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
  it('is not reliable over a session that does not deliver its own messages', async () => {
    const { replica, sessions } = joinOver((session, isFirst) => {
      if (isFirst) session.send = () => Promise.resolve();
    });
    await becomesReliable(replica);
    expect(sessions).toHaveLength(2);
    expect(replica.lines[0]).toMatchObject({ level: 40, reason: 'no connection within 1000 ms' });
  });

  it('sends in the next session a message that a session rejected', async () => {
    const { replica, sessions, latest } = joinOver();
    await becomesReliable(replica);
    latest().rejects = true;
    replica.bus.publish(['ada']);
    await eventually(() => expect(sessions).toHaveLength(2));
    await eventually(() => expect(latest().sent).toHaveLength(2));
    expect(latest().sent[1]).toContain('"ada"');
  });

  it('invalidates all users when more than 10,000 keys are pending', async () => {
    const { replica, latest } = joinOver((session, isFirst) => {
      session.rejects = isFirst;
    });
    replica.bus.publish(Array.from({ length: 10_001 }, (_, index) => `user-${index}`));
    await eventually(() => expect(latest().sent).toHaveLength(2));
    expect(latest().sent[1]).toMatch(/^\[".*","\*"\]$/);
  });

  it('reports a gap for a message about all users and for an unknown message', async () => {
    const { replica, latest } = joinOver();
    await becomesReliable(replica);
    latest().events.onPayload('["another","*"]');
    expect(replica.changes).toEqual(['gap', 'reliable', 'gap']);
    latest().events.onPayload('{"version":2}');
    expect(replica.changes).toEqual(['gap', 'reliable', 'gap', 'gap']);
    latest().events.onPayload('["another",[]]');
    expect([replica.changes.length, replica.received]).toEqual([4, []]);
  });

  it('sends together the keys that are published during a send', async () => {
    const { replica, latest } = joinOver();
    await becomesReliable(replica);
    for (const userKey of ['ada', 'grace', 'linus']) replica.bus.publish([userKey]);
    await eventually(() => expect(latest().sent).toHaveLength(3));
    expect(latest().sent[2]).toContain('["grace","linus"]');
  });
});
