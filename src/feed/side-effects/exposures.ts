import { setTimeout as wait } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Exposure } from '../../domain/exposure.js';
import { takeTurn } from '../../lib/event-loop.js';
import type { Logger } from '../../lib/logger.js';
import { DAY_MS, HOUR_MS } from '../../lib/time.js';
import { composeFeed } from '../pipeline.js';
import type { RankingInputs } from '../ranking-inputs.js';
import type { ServedFeed } from '../served/served-feed.js';
import type { RankingWorkspace } from '../workspace.js';

export interface ExposureDeps {
  readonly store: { addExposures(exposures: readonly Exposure[]): Promise<void> };
  /** Returns the inputs of the same ranking under each other arm of an experiment. */
  readonly otherArms: (inputs: RankingInputs, experiment: string) => readonly RankingInputs[];
  /** Whether data may be stored under a user key. */
  readonly mayStore: (userKey: string) => boolean;
  readonly workspace: RankingWorkspace;
  readonly logger: Logger;
}

/** A served page to compare with those of the other arms. */
interface Check {
  readonly inputs: RankingInputs;
  readonly userKey: string;
  readonly marketIds: readonly string[];
}

/** Feeds that wait to be compared; each keeps the profile of its user. A feed beyond them is not compared. */
const MAX_CHECKS = 100;

/** Comparisons take at most this share of the time of the process. */
const SHARE_OF_TIME = 0.2;

/** Users and experiments that were compared, in memory: 31 MB, measured with keys of 66 characters. */
const MAX_KNOWN = 100_000;

/** Bounds of the exposures to store, and of a statement. */
const MAX_QUEUED = 10_000;
const MAX_BATCH = 500;

/** Time to wait for further exposures to store with one statement. */
const GATHER_MS = 200;

/**
 * Finds and stores the exposures of users to experiments, after the response.
 *
 * A user is exposed if the served page differs from the page that any other arm gives for the same inputs: other markets, or
 * another order. The rule is the same whichever arm the user has, so the exposed users of the arms can be compared.
 */
export class Exposures {
  /** By user and experiment, the latest hour of a comparison, or the day of an exposure. */
  readonly #known = new LRUCache<string, Known>({ max: MAX_KNOWN });
  #checks: Check[] = [];
  #checking: Promise<void> | null = null;
  #queue: Exposure[] = [];
  #storing: Promise<void> | null = null;
  /** The statement in progress. */
  #statement: Promise<void> = Promise.resolve();
  #isDropping = false;

  constructor(private readonly deps: ExposureDeps) {}

  /** Queues a feed that was just ranked, if an experiment of its user has yet to be compared in this hour. */
  observe(inputs: RankingInputs, { userKey, page }: Pick<ServedFeed, 'userKey' | 'page'>): void {
    const { assigned, nowMs } = inputs;
    if (assigned === undefined || userKey === null) return;
    const isOpen = Object.keys(assigned.arms).some((experiment) => this.#isOpen(userKey, experiment, nowMs));
    if (!isOpen) return;
    if (this.#checks.length >= MAX_CHECKS) {
      if (!this.#isDropping)
        this.deps.logger.warn('exposure queue is full; later feeds of the users are compared instead');
      this.#isDropping = true;
      return;
    }
    this.#isDropping = false;
    this.#checks.push({ inputs, userKey, marketIds: page.map(({ marketId }) => marketId) });
    this.#checking ??= this.#runChecks().finally(() => (this.#checking = null));
  }

  /** Drops what is queued and known of users, and waits for the statement in progress; `all`: of all users. */
  async dropData(userKeys: readonly string[] | 'all'): Promise<void> {
    const isKept = ({ userKey }: { readonly userKey: string }): boolean =>
      userKeys !== 'all' && !userKeys.includes(userKey);
    this.#checks = this.#checks.filter(isKept);
    this.#queue = this.#queue.filter(isKept);
    for (const [key, known] of this.#known.entries()) if (!isKept(known)) this.#known.delete(key);
    await this.#statement;
  }

  /** Resolves when every queued feed is compared, and every exposure is stored or has failed to be. */
  async drain(): Promise<void> {
    while (this.#checking !== null || this.#storing !== null) {
      await this.#checking;
      await this.#storing;
    }
  }

  #isOpen(userKey: string, experiment: string, nowMs: number): boolean {
    const known = this.#known.get(keyOf(userKey, experiment));
    if (known === undefined) return true;
    return known.exposed ? dayOf(nowMs) > dayOf(known.atMs) : hourOf(nowMs) > hourOf(known.atMs);
  }

  async #runChecks(): Promise<void> {
    // The response goes first.
    await wait(0);
    while (this.#checks.length > 0) {
      const check = this.#checks.shift();
      if (check === undefined) return;
      const started = performance.now();
      for (const experiment of Object.keys(check.inputs.assigned?.arms ?? {})) {
        await this.#compare(check, experiment);
      }
      await wait(((performance.now() - started) * (1 - SHARE_OF_TIME)) / SHARE_OF_TIME);
    }
  }

  async #compare({ inputs, userKey, marketIds }: Check, experiment: string): Promise<void> {
    const { nowMs, assigned } = inputs;
    const arm = assigned?.arms[experiment];
    if (arm === undefined || !this.#isOpen(userKey, experiment, nowMs)) return;
    const exposed = await this.#differs(inputs, marketIds, experiment);
    // The user may have been erased meanwhile.
    if (!this.deps.mayStore(userKey)) return;
    this.#known.set(keyOf(userKey, experiment), { userKey, exposed, atMs: nowMs });
    if (exposed) this.#add({ userKey, experiment, arm, exposedAtMs: nowMs });
  }

  async #differs(inputs: RankingInputs, marketIds: readonly string[], experiment: string): Promise<boolean> {
    try {
      for (const other of this.deps.otherArms(inputs, experiment)) {
        // Equal values give equal feeds.
        if (other.configVersion === inputs.configVersion) continue;
        await takeTurn();
        const { items } = composeFeed(other, this.deps.workspace);
        if (items.length !== marketIds.length) return true;
        if (items.some(({ market }, index) => market.id !== marketIds[index])) return true;
      }
    } catch (error) {
      this.deps.logger.warn(
        { err: error, experiment },
        'failed to rank a feed under another arm; it counts as no exposure',
      );
    }
    return false;
  }

  #add(exposure: Exposure): void {
    if (this.#queue.length >= MAX_QUEUED) {
      this.#known.delete(keyOf(exposure.userKey, exposure.experiment));
      return;
    }
    this.#queue.push(exposure);
    this.#storing ??= this.#store().finally(() => (this.#storing = null));
  }

  async #store(): Promise<void> {
    const { store, mayStore, logger } = this.deps;
    while (this.#queue.length > 0) {
      await wait(GATHER_MS);
      const batch = this.#queue.splice(0, MAX_BATCH).filter(({ userKey }) => mayStore(userKey));
      if (batch.length === 0) continue;
      this.#statement = store.addExposures(batch).catch((error: unknown) => {
        // The next feeds of these users are compared again.
        for (const { userKey, experiment } of batch) this.#known.delete(keyOf(userKey, experiment));
        logger.warn(
          { err: error, exposures: batch.length },
          'failed to store exposures; retrying with later feeds',
        );
      });
      await this.#statement;
    }
  }
}

interface Known {
  readonly userKey: string;
  readonly exposed: boolean;
  readonly atMs: number;
}

// Names of experiments contain no space.
const keyOf = (userKey: string, experiment: string): string => `${experiment} ${userKey}`;
const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);
const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS);
