import type { RankingConfig } from '../../config/schema/ranking-schema.js';
import { LRUCache } from 'lru-cache';
import { MINUTE_MS } from '../../lib/time.js';
import {
  explorationWeight,
  type ExplorationConstants,
} from '../../scoring/exploration/exploration-weight.js';
import { blendTrends } from '../../scoring/shared/trending.js';
import type { MarketColumns, TrendColumns } from '../../scoring/v2/features.js';
import { CONTEXT_COMPONENTS } from '../../scoring/v2/components.js';
import { weightsUnder, type RankingModel } from '../../scoring/v2/ranking-model.js';
import type { TrendState } from '../../trends/trend-state.js';
import { SharedOrder } from './shared-order.js';

/** Everything that the values of a tick are a function of. */
export interface TickInputs {
  readonly columns: MarketColumns;
  readonly trends: TrendState;
  readonly config: RankingConfig;
  readonly model: RankingModel;
  /** The start of a minute. */
  readonly minuteMs: number;
}

/** Computes the impersonal sum of each row, for a country whose counts the scores read. */
type ImpersonalSum = (trends: TrendColumns, country: string | null) => Float64Array;

/** Which markets may be explored, and how likely. */
export interface Exploration {
  /** By row; 0: not for exploration. */
  readonly weight: Float64Array;
  /** The rows of positive weight, ascending. */
  readonly rows: Int32Array;
}

/** Maximum number of cached scopes of trends; each takes three numbers per market. */
const MAX_SCOPES = 16;

/**
 * The values of a ranking by algorithm v2 that are the same for all users: for one version of catalog, trends, config, and model,
 * within a minute. Each is computed when a request first needs it.
 */
export class RankingTick {
  readonly #scopes = new LRUCache<string, ScopeTick>({ max: MAX_SCOPES });
  #rising: SharedOrder | undefined;
  #readsCountries: boolean | undefined;
  #exploration: Exploration | undefined;

  constructor(
    private readonly inputs: TickInputs,
    /** Returns the impersonal sum of each row. */
    private readonly impersonal: ImpersonalSum,
  ) {}

  get config(): RankingConfig {
    return this.inputs.config;
  }

  isOf({ columns, trends, config, model, minuteMs }: TickInputs): boolean {
    const { inputs } = this;
    return (
      inputs.columns === columns &&
      inputs.trends === trends &&
      inputs.config === config &&
      inputs.model === model &&
      inputs.minuteMs === minuteMs
    );
  }

  /**
   * Returns the values of a country; countries without a trend of their own, and without counts that the scores read, share
   * those of all users.
   */
  scopeOf(country: string | null): ScopeTick {
    const { columns, trends } = this.inputs;
    const counted = this.#hasCounts(country) ? country : null;
    const name = `${trends.scopeFor(country)} ${counted ?? ''}`;
    const cached = this.#scopes.get(name);
    if (cached !== undefined) return cached;
    const scope = new ScopeTick(columns.volumeTotal, trends.columns(columns, country), (ofScope) =>
      this.impersonal(ofScope, counted),
    );
    this.#scopes.set(name, scope);
    return scope;
  }

  #hasCounts(country: string | null): boolean {
    const { config, model } = this.inputs;
    if (country === null) return false;
    this.#readsCountries ??= CONTEXT_COMPONENTS.some(
      ({ name }) => weightsUnder(model, config.v2.weights)[name] !== 0,
    );
    return this.#readsCountries && model.signals.recentUsersFrom(country) !== undefined;
  }

  /** The rows whose odds move. */
  get rising(): SharedOrder {
    const { columns, trends } = this.inputs;
    return (this.#rising ??= new SharedOrder(trends.columns(columns, null).rising, columns.volumeTotal, 0));
  }

  get columns(): MarketColumns {
    return this.inputs.columns;
  }

  get minuteMs(): number {
    return this.inputs.minuteMs;
  }

  get exploration(): Exploration {
    return (this.#exploration ??= this.#explore());
  }

  #explore(): Exploration {
    const { columns, trends, config, minuteMs } = this.inputs;
    const constants = explorationConstants(config);
    const { createdAtMs, resolvesAtMs } = columns;
    const { impressions, clicks } = trends.exposure(columns);
    const weight = new Float64Array(columns.size);
    const rows = new Int32Array(columns.size);
    let count = 0;
    for (let row = 0; row < columns.size; row += 1) {
      weight[row] = explorationWeight(
        minuteMs - (createdAtMs[row] as number),
        (resolvesAtMs[row] as number) - minuteMs,
        impressions[row] as number,
        clicks[row] as number,
        constants,
      );
      if ((weight[row] as number) > 0) rows[count++] = row;
    }
    return { weight, rows: rows.subarray(0, count) };
  }
}

/** The policy `weighted` has no bound for the impressions of young markets. */
export function explorationConstants({ feed: { exploration } }: RankingConfig): ExplorationConstants {
  return exploration.policy === 'weighted' ? { ...exploration, freshImpressions: Infinity } : exploration;
}

/** The values of a {@link RankingTick} that depend on the country. */
export class ScopeTick {
  #impersonal: SharedOrder | undefined;
  #trending: SharedOrder | undefined;
  #local: SharedOrder | undefined;

  constructor(
    private readonly volumeTotal: Float64Array,
    readonly trends: TrendColumns,
    private readonly sumOf: (trends: TrendColumns) => Float64Array,
  ) {}

  /** All rows by their impersonal sum. */
  get impersonal(): SharedOrder {
    return (this.#impersonal ??= this.#order(this.sumOf(this.trends), -Infinity));
  }

  /** The rows that trend, by the blend of local and global trend. */
  get trending(): SharedOrder {
    return (this.#trending ??= this.#order(this.#blended(), 0));
  }

  /** The rows that trend in the country; null without a local trend. */
  get local(): SharedOrder | null {
    const { local } = this.trends;
    return local === null ? null : (this.#local ??= this.#order(local, 0));
  }

  #order(values: Float64Array, above: number): SharedOrder {
    return new SharedOrder(values, this.volumeTotal, above);
  }

  #blended(): Float64Array {
    const { global, local } = this.trends;
    if (local === null) return global;
    const blended = new Float64Array(global.length);
    for (let row = 0; row < blended.length; row += 1)
      blended[row] = blendTrends(global[row] as number, local[row] as number);
    return blended;
  }
}

/** Cached ticks of one config: the latest one, and the one before for requests that are computed at its end. */
const TICKS_PER_CONFIG = 2;

/** Configs with cached ticks: each combination of arms of experiments has its own. */
const MAX_CONFIGS = 8;

/** The latest ticks of a replica. */
export class RankingTicks {
  #ticks: RankingTick[] = [];

  /** @param impersonal returns the impersonal sum of each row, for a tick that is not cached. */
  of(inputs: TickInputs, impersonal: ImpersonalSum): RankingTick {
    const cached = this.#ticks.find((tick) => tick.isOf(inputs));
    if (cached !== undefined) return cached;
    const tick = new RankingTick(inputs, impersonal);
    const ofConfig = this.#ticks.filter(({ config }) => config === inputs.config);
    const dropped = ofConfig.slice(TICKS_PER_CONFIG - 1);
    // Ticks of a config that is no longer used keep an old catalog in memory, so they end with their minute.
    const kept = this.#ticks.filter(
      (other) =>
        !dropped.includes(other) &&
        (other.config === inputs.config || other.minuteMs >= inputs.minuteMs - MINUTE_MS),
    );
    this.#ticks = [tick, ...kept].slice(0, TICKS_PER_CONFIG * MAX_CONFIGS);
    return tick;
  }
}
