import { z } from 'zod';
import { patchConfig } from '../config/patch-config.js';
import { configVersion } from '../config/config-version.js';
import { BellwetherError } from '../lib/errors.js';
import { checkInput } from '../lib/input/check-input.js';
import { contributions, signedWeights } from '../scoring/score-parts.js';
import type { Candidate } from './candidate.js';
import type { ComposedFeed } from './composed-feed.js';
import type { Explanation, Replay } from './explanation.js';
import { composeFeed } from './feed-pipeline.js';
import type { FeedItem } from './feed.js';
import { explainRequest, feedRequest } from './feed-request.js';
import type { FeedService } from './feed-service.js';
import type { Hydrator, LoadProfile } from './hydrator.js';
import { itemsAt, itemsOf, storedPlaces, type StoredPlace } from './present.js';
import type { RankersV2 } from './rankers-v2.js';
import type { RankingInputs } from './ranking-inputs.js';
import type { RecentInputs } from './recent-inputs.js';
import { rankMarkets } from './score-markets.js';
import type { ServedFeed } from './served-feed.js';
import { stagesOf } from './stages.js';

/** A feed as it is beside the one that another config would give. */
export interface Simulation {
  readonly presentVersion: string;
  readonly simulatedVersion: string;
  readonly present: readonly FeedItem[];
  readonly simulated: readonly FeedItem[];
  /** Of every market in one of them, by its place in the simulated feed; those that leave come last. */
  readonly changes: readonly RankChange[];
}

export interface RankChange {
  readonly marketId: string;
  readonly title: string;
  /** Null: not on the page. */
  readonly rankBefore: number | null;
  readonly rankAfter: number | null;
}

/** More than any config that differs everywhere. */
const MAX_PATCH_CHARACTERS = 16_384;

const simulateRequest = feedRequest.extend({
  config: z
    .record(z.string(), z.unknown())
    .refine(
      (patch) => JSON.stringify(patch).length <= MAX_PATCH_CHARACTERS,
      `must have at most ${MAX_PATCH_CHARACTERS} characters as JSON`,
    ),
});

/** For those who run the site: why a feed is as it is, and what it would be under another config. */
export class ExplainService {
  constructor(
    private readonly deps: {
      feeds: Pick<FeedService, 'inputsFor'>;
      served: { find(feedId: string): Promise<ServedFeed | undefined> };
      recent: Pick<RecentInputs, 'find'>;
      hydrator: Pick<Hydrator, 'markets'>;
      v2: RankersV2;
    },
  ) {}

  /**
   * Every stage of a feed that was answered, every part of every score, and whether making it again gives the same.
   *
   * @throws {BellwetherError} NOT_FOUND for a feed that is not known any more; UNAVAILABLE when it could not be read.
   */
  async explain(input: unknown, loadProfile: LoadProfile): Promise<Explanation> {
    const { feedId } = checkInput(explainRequest, input);
    const served = await this.deps.served.find(feedId);
    if (served === undefined) {
      throw BellwetherError.notFound(
        'feedId',
        'The feed is not known, or no longer. Feeds are kept for a day.',
      );
    }
    const { inputs, changed, isHeld } = await this.#inputsOf(served, loadProfile);
    const again = composeFeed(inputs, this.deps.v2);
    const stages = stagesOf(inputs, again.items.length, this.deps.v2);
    const places = storedPlaces(served, 0, served.page.length);
    const candidates = await this.#candidatesOf(places, inputs);
    const items = itemsAt(places, rankMarkets(candidates, inputs, this.deps.v2), inputs);
    const weights = signedWeights(served.algorithm, inputs.config.v2.weights);
    return {
      feedId,
      userKey: served.userKey,
      country: served.country,
      algorithm: served.algorithm,
      configVersion: served.configVersion,
      generatedAt: new Date(served.nowMs),
      personalized: served.personalized,
      stages,
      items: items.map((item) => ({
        ...item,
        contributions: contributions(item.scores, weights),
      })),
      notes: served.notes,
      replay: { outcome: outcomeOf(served, again, isHeld), changed },
    };
  }

  /**
   * The feed of a person now, and the one that they would get with some values of the config changed.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field, within `config` by its path.
   */
  async simulate(input: unknown, loadProfile: LoadProfile): Promise<Simulation> {
    const {
      userKey = null,
      country = null,
      algorithm = null,
      limit,
      config: patch,
    } = checkInput(simulateRequest, input);
    const { inputs } = await this.deps.feeds.inputsFor({ userKey, country, algorithm }, limit, loadProfile);
    const config = patchConfig(inputs.config, patch);
    // Under the present version too: what is drawn at random stays the same draw.
    const patched = { ...inputs, config };
    const present = itemsOf(composeFeed(inputs, this.deps.v2), inputs);
    const simulated = itemsOf(composeFeed(patched, this.deps.v2), patched);
    return {
      presentVersion: inputs.configVersion,
      simulatedVersion: configVersion(config),
      present,
      simulated,
      changes: rankChanges(present, simulated),
    };
  }

  /** The markets at these places as the feed saw them; as they are now if its inputs no longer hold them. */
  async #candidatesOf(places: readonly StoredPlace[], { snapshot }: RankingInputs): Promise<Candidate[]> {
    const ids = places.map(({ marketId }) => marketId);
    const held = ids.flatMap((id) => snapshot.byId.get(id) ?? []);
    const { byId } = await this.deps.hydrator.markets(ids.filter((id) => !snapshot.byId.has(id)));
    return [...held, ...byId.values()];
  }

  /** What the feed was made from: as held by this process, or else as far as it is still the same. */
  async #inputsOf(
    served: ServedFeed,
    loadProfile: LoadProfile,
  ): Promise<{ inputs: RankingInputs; changed: Replay['changed']; isHeld: boolean }> {
    const held = this.deps.recent.find(served.feedId);
    if (held !== undefined) return { inputs: held, changed: [], isHeld: true };
    const { userKey, country, algorithm, nowMs, personal } = served;
    const { inputs } = await this.deps.feeds.inputsFor(
      { userKey, country, algorithm },
      served.limit,
      loadProfile,
    );
    const changed: Replay['changed'][number][] = [];
    if ((inputs.profile?.version ?? null) !== served.profileVersion) changed.push('profile');
    if (String(inputs.snapshot.version) !== served.catalogVersion) changed.push('catalog');
    if (inputs.trends.computedAtMs !== served.trendsComputedAtMs) changed.push('trends');
    if (inputs.configVersion !== served.configVersion) changed.push('config');
    return { inputs: { ...inputs, nowMs, personal, country }, changed, isHeld: false };
  }
}

function outcomeOf(served: ServedFeed, again: ComposedFeed, isHeld: boolean): Replay['outcome'] {
  const same =
    served.page.length === again.items.length &&
    served.page.every(({ marketId, score }, index) => {
      const item = again.items[index];
      return item?.market.id === marketId && item.scores.final === score;
    });
  if (same) return 'SAME';
  // Inputs read anew may differ in what no version tells, such as the odds of a day ago.
  return isHeld ? 'DIFFERENT' : 'INPUTS_CHANGED';
}

function rankChanges(present: readonly FeedItem[], simulated: readonly FeedItem[]): RankChange[] {
  const before = new Map(present.map(({ market, rank }) => [market.id, rank]));
  const after = new Set(simulated.map(({ market }) => market.id));
  const change = ({ market: { id: marketId, title } }: FeedItem, rankAfter: number | null): RankChange => ({
    ...{ marketId, title, rankAfter },
    rankBefore: before.get(marketId) ?? null,
  });
  return [
    ...simulated.map((item) => change(item, item.rank)),
    ...present.filter(({ market }) => !after.has(market.id)).map((item) => change(item, null)),
  ];
}
