import { LRUCache } from 'lru-cache';
import type { Attribution, PreparedEvent, Serving } from '../domain/event.js';
import { textOfArms } from '../domain/experiment.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { DAY_MS } from '../lib/time.js';
import type { ServingRepository } from '../storage/events/serving-repository.js';

/** A market that a user acted on, and the feed that the event names. */
export type ShownMarket = Pick<PreparedEvent['interaction'], 'userKey' | 'marketId' | 'feedId'>;

export interface AttributionDeps {
  /** Returns where each market was shown, in order; null if that is unknown. */
  readonly attributionsOf: (shown: readonly ShownMarket[]) => Promise<readonly (Attribution | null)[]>;
  readonly servings: Pick<ServingRepository, 'idOf'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Bound of the servings in memory; each version of the config and the model, and each combination of arms, adds one. */
const MAX_SERVINGS = 2_000;

/** Adds to events where the user saw their markets. */
export class EventAttribution {
  /** Numbers of servings by day. */
  readonly #ids = new LRUCache<string, number>({ max: MAX_SERVINGS });

  constructor(private readonly deps: AttributionDeps) {}

  /** Events whose feeds cannot be read now are returned as they are: an event is not delayed for its attribution. */
  async attribute(events: readonly PreparedEvent[]): Promise<readonly PreparedEvent[]> {
    try {
      const attributions = await this.deps.attributionsOf(events.map(({ interaction }) => interaction));
      if (attributions.every((attribution) => attribution === null)) return events;
      return await Promise.all(
        events.map(async (event, index): Promise<PreparedEvent> => {
          const attribution = attributions[index] ?? null;
          if (attribution === null) return event;
          const servingId = await this.#servingId(attribution);
          return { ...event, interaction: { ...event.interaction, attribution }, servingId };
        }),
      );
    } catch (error) {
      this.deps.logger.warn(
        { err: error, count: events.length },
        'failed to find the feeds of events; recording them without attribution',
      );
      return events;
    }
  }

  async #servingId({ algorithmVersion, configVersion, modelVersion, arms }: Serving): Promise<number> {
    const day = Math.floor(this.deps.clock() / DAY_MS);
    const key = JSON.stringify([day, algorithmVersion, configVersion, modelVersion, textOfArms(arms)]);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const serving = { algorithmVersion, configVersion, modelVersion, arms };
    const id = await this.deps.servings.idOf(serving, new Date(day * DAY_MS));
    this.#ids.set(key, id);
    return id;
  }
}
