import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { InteractionDraft } from '../catalog/importers/market-draft.js';
import type { Archetype } from './archetypes.js';
import type { LatentTaste, WorldMarket } from './latent-taste.js';

/** Where on the site a card stood; `position` counts from 0 over the whole page. */
export interface Place {
  readonly section: 'HERO' | 'GRID' | 'STREAM' | 'SEARCH' | 'OTHER';
  readonly position?: number;
}

/** A simulated person, with what they have seen and done so far. */
export interface SimulatedPerson {
  readonly userKey: string;
  readonly archetype: Archetype;
  readonly country: string;
  readonly taste: LatentTaste;
  /** Median of the person's stakes. */
  readonly medianStake: number;
  /** How often a market was shown, in all sessions. */
  readonly timesShown: Map<WorldMarket, number>;
  /** Markets bookmarked or traded, oldest first. */
  readonly held: WorldMarket[];
  readonly hidden: Set<WorldMarket>;
}

/** Where the browsing of one session goes: everything it does is appended to `events`. */
export interface Session {
  readonly rng: RandomGenerator;
  readonly world: readonly WorldMarket[];
  readonly person: SimulatedPerson;
  readonly sessionId: string;
  readonly events: InteractionDraft[];
  /** Topics that hold the person's attention just now. */
  focus: ReadonlySet<string>;
  clockMs: number;
}

/** An event of this session, as an importer would hand it over. */
export function draft(
  { person, sessionId }: Session,
  market: WorldMarket,
  eventType: string,
  atMs: number,
  rest: Partial<InteractionDraft> = {},
): InteractionDraft {
  return {
    userKey: person.userKey,
    marketId: market.id,
    eventType,
    occurredAt: new Date(atMs).toISOString(),
    country: person.country,
    sessionId,
    ...rest,
  };
}
