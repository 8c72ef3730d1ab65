import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import type { BusOptions, BusTimings, InvalidationBus } from '../../src/bus/invalidation-bus.js';
import { recordingLogger } from './log-lines.js';

/** A replica on a bus, and everything that it received. */
export interface BusReplica {
  readonly bus: InvalidationBus;
  /** User keys in the order received. */
  readonly received: readonly string[];
  readonly changes: readonly ('gap' | 'privacy' | 'reliable' | 'unreliable')[];
  readonly lines: readonly Record<string, unknown>[];
}

/** Short, so that tests are fast, with about the proportions of the defaults. */
const timings: BusTimings = {
  heartbeatMs: 100,
  answerMs: 400,
  giveUpMs: 1_000,
  openMs: 1_000,
  retryMinMs: 20,
  retryMaxMs: 200,
};

export function joinBus(
  createBus: (options: BusOptions) => InvalidationBus,
  url: string,
  channel = 'bellwether_profiles',
): BusReplica {
  const received: string[] = [];
  const changes: BusReplica['changes'][number][] = [];
  const { logger, lines } = recordingLogger();
  const bus = createBus({
    url,
    channel,
    origin: randomUUID(),
    handler: {
      onInvalidated: (userKeys) => void received.push(...userKeys),
      onPrivacyChanges: () => void changes.push('privacy'),
      onGap: () => void changes.push('gap'),
      onReliabilityChange: (reliable) => void changes.push(reliable ? 'reliable' : 'unreliable'),
    },
    logger,
    random: Math.random,
    timings,
  });
  return { bus, received, changes, lines };
}

/** Waits until an expectation holds. */
export function eventually(expectation: () => void): Promise<void> {
  return vi.waitFor(expectation, { timeout: 10_000, interval: 5 });
}

export function becomesReliable(...replicas: readonly BusReplica[]): Promise<void> {
  return eventually(() => expect(replicas.map(({ bus }) => bus.reliable)).not.toContain(false));
}

export function becomesUnreliable(...replicas: readonly BusReplica[]): Promise<void> {
  return eventually(() => expect(replicas.map(({ bus }) => bus.reliable)).not.toContain(true));
}
