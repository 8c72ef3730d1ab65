import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { RankingConfig } from '../config/schema/ranking-schema.js';
import type { Clock } from '../lib/clock.js';
import { BellwetherError } from '../lib/errors.js';
import { inSlices } from '../lib/event-loop.js';
import { checkInput } from '../lib/input/check-input.js';
import { countrySchema } from '../lib/input/country.js';
import { countOrDefault } from '../lib/input/page-size.js';
import type { Logger } from '../lib/logger.js';
import { requireSecret } from '../lib/secret.js';
import { DAY_MS, SECOND_MS } from '../lib/time.js';
import { completesWithin } from '../lib/timeout.js';
import { orUnavailable } from '../storage/database-errors.js';
import type { AudienceRelease, ReleasedCell } from '../storage/privacy/audience-release-repository.js';
import type { CellSet } from '../storage/privacy/audience-repository.js';
import type { Store } from '../storage/store.js';
import { countAudience, type StepLimits } from './audience-count.js';
import { countMechanism, noisyCounts } from './differential-privacy/count-mechanism.js';
import type { RandomBytes } from './differential-privacy/exact-random.js';
import { deltaOf, epsilonOf, privacyLoss, sharedLoss, type PrivacyLoss } from '../domain/privacy-loss.js';

/** A cell with its topic as the API represents it. */
interface AudienceCell extends Pick<ReleasedCell, 'country' | 'users'> {
  readonly topic: { readonly key: string; readonly label: string; readonly kind: CellSet['kind'] };
}

/** Released numbers of users, and the rest of the budget of their day. */
export interface AudienceInsights extends Omit<
  AudienceRelease,
  'day' | 'cells' | 'epsilonMillionths' | 'deltaTrillionths'
> {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  readonly epsilon: number;
  readonly delta: number;
  readonly epsilonLeft: number;
  readonly deltaLeft: number;
  /** The requested cells, most users first. */
  readonly cells: readonly AudienceCell[];
}

/** How long a request waits for the count of a day. The count continues without it. */
const WAIT_MS = 5 * SECOND_MS;
const RETRY_AFTER_MS = 5 * SECOND_MS;

const NOT_READ = 'The users could not be counted; retry after retryAfterMs.';

const insightsRequest = z.object({
  day: z.iso.date('must be a day, such as 2026-06-15'),
  kind: z.enum(['CATEGORY', 'TAG']),
  byCountry: z
    .boolean()
    .nullish()
    .transform((given) => given ?? true),
  country: countrySchema.nullish().transform((given) => given ?? null),
  limit: countOrDefault,
});

/**
 * Numbers of users by topic, country, and day, with differential privacy.
 *
 * **Guarantee.** For all events of one user on one UTC day, everything that is ever released about that day is
 * (ε, δ)-differentially private together, with `audience.epsilonPerDay` and `audience.deltaPerDay`. A release is computed
 * once, stored, and served to every further request, which is post-processing and costs nothing. Its loss is added to that
 * of the day's other releases (basic composition: ε and δ add up; Dwork, Roth, "The algorithmic foundations of differential
 * privacy", theorem 3.16), in the transaction that stores it, so no replica can exceed the budget. Over several days, the
 * losses of a user add up as well.
 *
 * The budget belongs to the day of the events and is never renewed: one that were renewed each day of asking would let the
 * same events be released any number of times.
 */
export class AudienceInsightsService {
  readonly #counting = new Map<string, Promise<void>>();
  readonly #stopped = new AbortController();
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: {
      /** Bounds its statements. */
      readonly store: Pick<Store, 'audience' | 'audienceReleases' | 'transaction'>;
      readonly config: () => Pick<RankingConfig, 'audience' | 'retention'>;
      readonly random: RandomBytes;
      /** Decides in which cells a user counts. */
      readonly secret: Uint8Array;
      readonly clock: Clock;
      readonly logger: Logger;
      readonly limits?: StepLimits;
    },
  ) {
    requireSecret(deps.secret, 'audience insights');
  }

  /**
   * Returns the release of some cells of a day, which the first request creates.
   *
   * @throws {BellwetherError} BAD_USER_INPUT for a day that is not over, or whose events may be incomplete; LIMIT_EXCEEDED
   *   when the budget of the day is spent; UNAVAILABLE while the count takes long.
   */
  async find(input: unknown): Promise<AudienceInsights> {
    const { day: date, kind, byCountry, country, limit } = checkInput(insightsRequest, input);
    if (country !== null && !byCountry)
      throw BellwetherError.badInput('country', 'country requires byCountry: true.');
    const day = new Date(date);
    const cellSet = { kind, byCountry };
    const release = (await this.#stored(day, cellSet)) ?? (await this.#create(day, cellSet));
    const { audienceReleases } = this.deps.store;
    const spent = await orUnavailable(NOT_READ, () => audienceReleases.spentOn(day));
    const { budget } = this.#settings();
    const { epsilonMillionths, deltaTrillionths, cells, ...values } = release;
    const left = {
      epsilonMillionths: Math.max(0, budget.epsilonMillionths - spent.epsilonMillionths),
      deltaTrillionths: Math.max(0, budget.deltaTrillionths - spent.deltaTrillionths),
    };
    const loss = { epsilonMillionths, deltaTrillionths };
    return {
      ...values,
      day: date,
      ...{ epsilon: epsilonOf(loss), delta: deltaOf(loss) },
      ...{ epsilonLeft: epsilonOf(left), deltaLeft: deltaOf(left) },
      cells: cells
        .filter((cell) => country === null || cell.country === country)
        .slice(0, limit)
        .map(({ topic: key, label, ...cell }) => ({ ...cell, topic: { key, label, kind } })),
    };
  }

  /** Ends counts in progress, which the next request starts again. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#last;
  }

  #stored(day: Date, cellSet: CellSet): Promise<AudienceRelease | null> {
    return orUnavailable(NOT_READ, () => this.deps.store.audienceReleases.find(day, cellSet));
  }

  #settings(): { budget: PrivacyLoss; loss: PrivacyLoss; cellsPerUser: number; releases: number } {
    const { epsilonPerDay, deltaPerDay, releasesPerDay, cellsPerUser } = this.deps.config().audience;
    const budget = privacyLoss(epsilonPerDay, deltaPerDay);
    return { budget, loss: sharedLoss(budget, releasesPerDay), cellsPerUser, releases: releasesPerDay };
  }

  async #create(day: Date, cellSet: CellSet): Promise<AudienceRelease> {
    this.#requireComplete(day);
    await this.#requireBudget(day);
    const key = JSON.stringify([day, cellSet]);
    let counting = this.#counting.get(key);
    if (counting === undefined) {
      // One after the other, so that counts leave connections to the jobs.
      counting = this.#last.then(() => this.#release(day, cellSet)).finally(() => this.#counting.delete(key));
      this.#counting.set(key, counting);
      this.#last = counting.catch((error: unknown) => {
        if (!(error instanceof BellwetherError))
          this.deps.logger.warn({ err: error }, 'failed to count users by topic');
      });
    }
    const shared = counting;
    const isDone = await orUnavailable(NOT_READ, () => completesWithin(shared, WAIT_MS));
    const release = isDone ? await this.#stored(day, cellSet) : null;
    if (release !== null) return release;
    throw BellwetherError.unavailable(
      `The users of ${dateOf(day)} are being counted; retry after retryAfterMs.`,
      RETRY_AFTER_MS,
    );
  }

  /** Counts, adds noise, and stores the release, unless another replica stored it meanwhile. */
  async #release(day: Date, cellSet: CellSet): Promise<void> {
    const { store, clock, random, secret, limits } = this.deps;
    const { budget, loss, cellsPerUser } = this.#settings();
    const { kind, byCountry } = cellSet;
    const selection = createHmac('sha256', secret).update(JSON.stringify([dateOf(day), kind, byCountry]));
    const counts = await countAudience(store, cellSet, {
      ...{ from: day, to: new Date(day.getTime() + DAY_MS), cellsPerUser, limits },
      ...{ selectionKey: selection.digest(), signal: this.#stopped.signal },
    });
    const mechanism = countMechanism(loss, cellsPerUser);
    const noisy = await inSlices(noisyCounts(counts, mechanism, random));
    const labels = await store.audience.labels(
      kind,
      noisy.map(([{ topic }]) => topic),
    );
    const cells = noisy
      .map(([{ topic, country }, users]) => ({ topic, label: labels.get(topic) ?? topic, country, users }))
      .sort((a, b) => b.users - a.users || compare(a.topic, b.topic) || compare(a.country, b.country));
    const { noise, standardDeviation, threshold } = mechanism;
    await store.transaction(async ({ audienceReleases }) => {
      const isFirst = await audienceReleases.add({
        ...{ day, kind, byCountry, releasedAt: new Date(clock()), ...loss },
        ...{ noise, standardDeviation, threshold, cellsPerUser, cells },
      });
      // Nothing of the noisy counts has left this process, so a release of another replica replaces them at no cost.
      if (!isFirst) return;
      if (!(await audienceReleases.spend(day, loss, budget))) throw this.#spent(day);
    });
  }

  /** Rejects days with events still to come, and days whose events may have been dropped. */
  #requireComplete(day: Date): void {
    const nowMs = this.deps.clock();
    const latest = startOfDay(nowMs) - DAY_MS;
    const earliest = startOfDay(nowMs - this.deps.config().retention.interactionsDays * DAY_MS) + DAY_MS;
    if (day.getTime() <= latest && day.getTime() >= earliest) return;
    throw BellwetherError.badInput(
      'day',
      `day must be from ${dateOf(earliest)}, the first whose events are all stored, to ${dateOf(latest)}, the last that is over in UTC.`,
    );
  }

  async #requireBudget(day: Date): Promise<void> {
    const { budget, loss } = this.#settings();
    const spent = await orUnavailable(NOT_READ, () => this.deps.store.audienceReleases.spentOn(day));
    const fits =
      spent.epsilonMillionths + loss.epsilonMillionths <= budget.epsilonMillionths &&
      spent.deltaTrillionths + loss.deltaTrillionths <= budget.deltaTrillionths;
    if (!fits) throw this.#spent(day);
  }

  #spent(day: Date): BellwetherError {
    const { budget, releases } = this.#settings();
    const nextMs = startOfDay(this.deps.clock());
    return BellwetherError.limitExceeded(
      'day',
      `The privacy budget of ${dateOf(day)} is spent: ε ${epsilonOf(budget)} and δ ${deltaOf(budget)} allow ` +
        `${releases} releases of its events, and it is not renewed. Request the cells that were released, or another day: ` +
        `the budget of ${dateOf(nextMs)} is available from ${new Date(nextMs + DAY_MS).toISOString()} on.`,
    );
  }
}

function startOfDay(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}

function dateOf(day: Date | number): string {
  return new Date(day).toISOString().slice(0, 10);
}

function compare(a: string | null, b: string | null): number {
  return (a ?? '') < (b ?? '') ? -1 : Number(a !== b);
}
