import type { InvalidationBus } from '../bus/invalidation-bus.js';
import type { LiveConfig } from '../config/live-config.js';
import type { Clock } from '../lib/clock.js';
import { rejectPersonalUserKeys } from '../lib/input/text-schemas.js';
import type { Logger } from '../lib/logger.js';
import { userNotice } from '../outbox/user-notice.js';
import { ErasureService } from '../privacy/erasure-service.js';
import { ExportService } from '../privacy/export-service.js';
import { MergeService } from '../privacy/merge-service.js';
import { PrivacySync } from '../privacy/privacy-sync.js';
import { SettingsService } from '../privacy/settings-service.js';
import { UserRegister } from '../privacy/user-register.js';
import { forgetStatements } from '../storage/database/client.js';
import type { OnClose, Stores } from './databases.js';

/** The users as this replica may treat them. Nothing is known before `start`. */
export interface Users {
  readonly register: UserRegister;
  readonly sync: PrivacySync;
  /** Registers a part that keeps data of users in memory; see `PrivacySyncDeps.dropData`. */
  onDrop(dropData: (userKeys: readonly string[] | 'all') => void | Promise<void>): void;
  /** Follows the privacy changes of all replicas, from now on. The bus wakes the others. */
  start(bus: Pick<InvalidationBus, 'announcePrivacyChanges'>): Promise<void>;
}

/** Opens the register of users. Parts that keep data of users register themselves before it starts. */
export function openUsers(deps: {
  readonly stores: Stores;
  readonly replicaId: string;
  readonly pseudonymOf: (userKey: string) => string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onClose: OnClose;
}): Users {
  const { stores, replicaId, pseudonymOf, clock, logger, onClose } = deps;
  const dropping: ((userKeys: readonly string[] | 'all') => void | Promise<void>)[] = [];
  let bus: Pick<InvalidationBus, 'announcePrivacyChanges'> | undefined;
  const register: UserRegister = new UserRegister({
    pseudonymOf,
    findRetired: (userHash) => stores.background.retiredUsers.find(userHash),
    isCurrent: () => sync.isCurrent,
  });
  const sync = new PrivacySync({
    ...{ register, changes: stores.privacySync.privacyChanges, replicaId, pseudonymOf, clock, logger },
    dropData: async (userKeys) => {
      await Promise.all(dropping.map(async (drop) => drop(userKeys)));
      forgetStatements();
    },
    wakeOthers: () => bus?.announcePrivacyChanges(),
    elapsed: () => performance.now(),
  });
  return {
    ...{ register, sync },
    onDrop: (drop) => void dropping.push(drop),
    start: async (opened) => {
      bus = opened;
      onClose(() => sync.close());
      await sync.start();
    },
  };
}

/** The services of users about their data. */
export interface PrivacyServices {
  readonly settings: SettingsService;
  readonly exports: ExportService;
  readonly erasure: ErasureService;
  readonly merging: MergeService;
}

/** Opens the services of users about their data, and applies the config of user keys. */
export function openPrivacy(deps: {
  readonly stores: Stores;
  readonly users: Users;
  readonly pseudonymOf: (userKey: string) => string;
  /** Names of the sinks. */
  readonly sinks: readonly string[];
  readonly onQueued: () => void;
  readonly findFeed: (feedId: string) => Promise<object | undefined>;
  readonly rebuildProfile: (userKey: string) => Promise<void>;
  readonly countChangesOf: (userKey: string) => Promise<void>;
  readonly liveConfig: LiveConfig;
  readonly clock: Clock;
  readonly newId: () => string;
}): PrivacyServices {
  const { stores, users, pseudonymOf, sinks, onQueued, findFeed, liveConfig, clock, newId } = deps;
  const { rebuildProfile, countChangesOf } = deps;
  const config = () => liveConfig.current.config.privacy;
  const applyConfig = (): void => rejectPersonalUserKeys(config().rejectPersonalUserKeys);
  applyConfig();
  liveConfig.onChange(applyConfig);
  const { register, sync } = users;
  const shared = { store: stores.privacy, users: register, sync, pseudonymOf, clock };
  return {
    settings: new SettingsService(shared),
    exports: new ExportService({ ...shared, findFeed }),
    erasure: new ErasureService({
      ...{ ...shared, sinks, countChangesOf, forgetStatements, onQueued },
      blockedDays: () => config().erasedKeyDays,
      noticeOf: (pseudonym, at) => userNotice(newId(), pseudonym, null, at),
    }),
    merging: new MergeService({
      ...{ ...shared, sinks, rebuildProfile, onQueued },
      aliasDays: () => config().aliasDays,
      noticeOf: (pseudonym, into, at) => userNotice(newId(), pseudonym, into, at),
    }),
  };
}
