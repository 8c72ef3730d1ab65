import { z } from 'zod';
import type { CatalogEntry } from '../../catalog/catalog-snapshot.js';
import { configVersion } from '../../config/config-values.js';
import { patchConfig } from '../../config/ranking-config.js';
import { BellwetherError } from '../../lib/errors.js';
import { checkInput } from '../../lib/input/check-input.js';
import type { AliasUse } from '../../privacy/user-register.js';
import { contributions, signedWeights } from '../../scoring/score-parts.js';
import type { FeedReaders } from '../../storage/served-feed-repository.js';
import { weightsUnder } from '../../scoring/v2/ranking-model.js';
import type { ComposedFeed, FeedItem } from '../feed.js';
import { toFeedItem, type FeedId } from '../feed-identity.js';
import { servedFacts, toFeed } from '../feed-service.js';
import type { Hydrator } from '../hydrators/hydrator.js';
import type { InputsHydrator } from '../hydrators/inputs.js';
import { composeFeed } from '../pipeline.js';
import { itemsAt } from '../present.js';
import type { RankingInputs } from '../ranking-inputs.js';
import { explainRequest, feedRequest } from '../requests.js';
import { rankMarkets } from '../scorers/given-markets.js';
import { servedPositions, type ServedFeed, type ServedPosition } from '../served/served-feed.js';
import type { ServedFeeds } from '../served/served-feeds.js';
import type { RankingWorkspace } from '../workspace.js';
import type { Explanation, RankChange, Replay, Simulation } from './explanation.js';
import type { RecentInputs } from './recent-inputs.js';
import { explainStages } from './stages.js';

/** Enough for a patch that changes every value of the config. */
export const MAX_PATCH_CHARACTERS = 16_384;

const simulateRequest = feedRequest.extend({
  config: z
    .record(z.string(), z.unknown())
    .refine(
      (patch) => JSON.stringify(patch).length <= MAX_PATCH_CHARACTERS,
      `must have at most ${MAX_PATCH_CHARACTERS} characters as JSON`,
    ),
});

/** For staff: explains a served feed, and simulates a feed under another config. */
export class ExplainService {
  constructor(
    private readonly deps: {
      inputs: Pick<InputsHydrator, 'forRequest'>;
      servedFeeds: Pick<ServedFeeds, 'find'>;
      recentInputs: Pick<RecentInputs, 'find'>;
      hydrator: Pick<Hydrator, 'markets'>;
      workspace: RankingWorkspace;
      feedId: FeedId;
    },
  ) {}

  /**
   * Returns every stage of a served feed, every component of every score, and whether a replay gives the same feed.
   *
   * @throws {BellwetherError} NOT_FOUND for a feed that is unknown, no longer stored, or not for the readers; UNAVAILABLE if it
   *   cannot be read.
   */
  async explain(input: unknown, readers: FeedReaders): Promise<Explanation> {
    const { feedId } = checkInput(explainRequest, input);
    const served = await this.deps.servedFeeds.find(feedId, readers);
    if (served === undefined) {
      throw BellwetherError.notFound(
        'feedId',
        'The feed is unknown or no longer stored. Feeds are stored for a day.',
      );
    }
    const { inputs, changed, isExact } = await this.#inputsOf(served);
    const replayed = composeFeed(inputs, this.deps.workspace);
    const stages = explainStages(inputs, replayed.items.length);
    const positions = servedPositions(served, 0, served.page.length);
    const candidates = await this.#candidatesAt(positions, inputs);
    const weights = signedWeights(served.algorithm, weightsUnder(inputs.model, inputs.config.v2.weights));
    const items = itemsAt(positions, rankMarkets(candidates, inputs, this.deps.workspace), inputs);
    return {
      feed: toFeed(feedId, items, servedFacts(served)),
      stages,
      items: items.map((item) => ({
        item: toFeedItem(feedId, item),
        contributions: contributions(item.scores, weights),
      })),
      notes: served.notes,
      replay: { outcome: outcomeOf(served, replayed, isExact), changed },
    };
  }

  /**
   * Returns the current feed of a user, and the feed with some values of the config changed.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; a value of `config` by its path.
   */
  async simulate(input: unknown, aliases: AliasUse): Promise<Simulation> {
    const {
      userKey = null,
      country = null,
      algorithm = null,
      limit,
      config: patch,
    } = checkInput(simulateRequest, input);
    const { inputs, degradedReasons } = await this.deps.inputs.forRequest(
      { userKey, country, algorithm, limit },
      aliases,
    );
    const config = patchConfig(inputs.config, patch);
    // The patched inputs keep the config version, which is part of the seed: exploration samples the same way.
    const patched = { ...inputs, config };
    const itemsOf = (source: RankingInputs, version: string): FeedItem[] => {
      const composed = composeFeed(source, this.deps.workspace);
      const feedId = this.deps.feedId({ ...source, configVersion: version }, degradedReasons, composed);
      return composed.items.map((item) => toFeedItem(feedId, item));
    };
    const simulatedConfigVersion = configVersion(config);
    const present = itemsOf(inputs, inputs.configVersion);
    const simulated = itemsOf(patched, simulatedConfigVersion);
    return {
      presentConfigVersion: inputs.configVersion,
      simulatedConfigVersion,
      present,
      simulated,
      changes: rankChanges(present, simulated),
    };
  }

  /** Returns the markets as the feed saw them, or as they are now if its inputs no longer have them. */
  async #candidatesAt(
    positions: readonly ServedPosition[],
    { snapshot }: RankingInputs,
  ): Promise<CatalogEntry[]> {
    const ids = positions.map(({ marketId }) => marketId);
    const inSnapshot = ids.flatMap((id) => snapshot.byId.get(id) ?? []);
    const { byId } = await this.deps.hydrator.markets(ids.filter((id) => !snapshot.byId.has(id)));
    return [...inSnapshot, ...byId.values()];
  }

  /** Returns the inputs of a feed if this replica still keeps them, else the current ones and how they differ. */
  async #inputsOf(
    served: ServedFeed,
  ): Promise<{ inputs: RankingInputs; changed: Replay['changed']; isExact: boolean }> {
    const kept = this.deps.recentInputs.find(served.feedId);
    if (kept !== undefined) return { inputs: kept, changed: [], isExact: true };
    const { country, algorithm, nowMs, personal } = served;
    const { inputs } = await this.deps.inputs.forRequest(served, 'IGNORE');
    const changed: Replay['changed'][number][] = [];
    if ((inputs.profile?.version ?? null) !== served.profileVersion) changed.push('PROFILE');
    if (String(inputs.snapshot.version) !== served.catalogVersion) changed.push('CATALOG');
    if (inputs.trends.computedAtMs !== served.trendsComputedAtMs) changed.push('TRENDS');
    if (inputs.configVersion !== served.configVersion) changed.push('CONFIG');
    if (algorithm === 'v2' && inputs.model.version !== served.modelVersion) changed.push('MODEL');
    return { inputs: { ...inputs, nowMs, personal, country }, changed, isExact: false };
  }
}

function outcomeOf(served: ServedFeed, replayed: ComposedFeed, isExact: boolean): Replay['outcome'] {
  const same =
    served.page.length === replayed.items.length &&
    served.page.every(({ marketId, score, propensity }, index) => {
      const item = replayed.items[index];
      return item?.market.id === marketId && item.score === score && item.propensity === propensity;
    });
  if (same) return 'SAME';
  // Current inputs may differ in values without a version, such as the probability of 24 h ago.
  return isExact ? 'DIFFERENT' : 'INPUTS_CHANGED';
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
