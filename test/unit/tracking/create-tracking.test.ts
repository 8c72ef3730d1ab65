import { pino } from 'pino';
import { expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import type { KnownTreatment } from '../../../src/privacy/user-register.js';
import { createTracking, type TrackingDeps } from '../../../src/tracking/create-tracking.js';
import { NOON_MS } from '../../support/profile-events.js';
import { storedMarket } from '../../support/stored-market.js';

it('waits for a commit that was admitted under the earlier choices when data is dropped', async () => {
  const steps: string[] = [];
  const aliasRead = Promise.withResolvers<KnownTreatment>();
  const config = loadRankingConfig(undefined);
  const tracking = createTracking({
    store: { record: () => Promise.resolve(steps.push('stored')).then(() => []) },
    markets: { findByIds: (ids: string[]) => Promise.resolve(ids.map((id) => storedMarket(id))) },
    profiles: {
      ...{ position: 0, countriesOf: () => Promise.resolve(new Map()) },
      ...{ applyCommit: () => undefined, invalidateOlder: () => undefined },
    },
    background: { rejectedEvents: { add: () => Promise.resolve() } },
    compactor: { enqueue: () => undefined },
    users: {
      isActive: (userKey: string) => userKey !== 'alias',
      knownTreatmentOf: (userKey: string) =>
        userKey === 'alias'
          ? aliasRead.promise
          : Promise.resolve({ kind: 'ACTIVE', userKey, consents: false }),
    },
    ...{ pseudonymOf: (userKey: string) => userKey, sinks: [], onRecorded: () => undefined },
    ...{ config: () => config, clock: () => NOON_MS, newId: () => 'id', logger: pino({ level: 'silent' }) },
  } as unknown as TrackingDeps);

  const event = { marketId: 'm1', eventType: 'CLICK' };
  const interactions = ['ada', 'alias'].map((userKey) => ({ ...event, userKey }));
  const recorded = tracking.service.trackAll({ interactions }, () => true);
  // Ada opts out while the group waits for the user that the alias stands for.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const dropped = tracking.dropData(['ada']).then(() => steps.push('dropped'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  aliasRead.resolve({ kind: 'ACTIVE', userKey: 'ben', consents: false });
  await Promise.all([recorded, dropped]);
  expect(steps).toEqual(['stored', 'dropped']);
});
