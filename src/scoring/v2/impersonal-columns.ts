import { startOfMinute } from '../shared/time.js';
import { ALWAYS, weightedSum, type MarketInputs } from './component.js';
import { IMPERSONAL_COMPONENTS, type ComponentNameV2, type V2Constants } from './components.js';
import type { MarketColumns, TrendColumns } from './features.js';
import { reuseFloats } from './reusable-arrays.js';
import type { SiteSignals } from './site-signals.js';

const CHANGING = IMPERSONAL_COMPONENTS.filter(({ nextChangeMs }) => nextChangeMs === ALWAYS);
const STEADY = IMPERSONAL_COMPONENTS.filter(({ nextChangeMs }) => nextChangeMs !== ALWAYS);

/**
 * The components that are the same for all users, by row. Valid until the next `fill`. They are those of the start of the
 * minute, so that all rankings of a minute share them.
 */
export class ImpersonalColumns {
  /** Weighted sum of the components. */
  sum = new Float64Array(0);
  readonly #steady: SteadySums;

  constructor(private readonly constants: V2Constants) {
    this.#steady = new SteadySums(constants);
  }

  fill(columns: MarketColumns, trends: TrendColumns, signals: SiteSignals, nowMs: number): void {
    const inputs = { columns, trends, signals, constants: this.constants, nowMs: startOfMinute(nowMs) };
    this.sum = reuseFloats(columns.size, this.sum);
    this.sum.set(this.#steady.at(inputs));
    for (const { name, value } of CHANGING) {
      const weight = this.constants.weights[name];
      if (weight === 0) continue;
      for (let row = 0; row < columns.size; row += 1) {
        this.sum[row] = (this.sum[row] as number) + weight * value(inputs, row);
      }
    }
  }

  /** Writes the unweighted components of a row. */
  copyComponents(
    { nowMs, ...atInstant }: Omit<MarketInputs, 'constants'>,
    row: number,
    target: Partial<Record<ComponentNameV2, number | null>>,
  ): void {
    const inputs = { ...atInstant, constants: this.constants, nowMs: startOfMinute(nowMs) };
    for (const { name, value } of IMPERSONAL_COMPONENTS) target[name] = value(inputs, row);
  }
}

interface CachedSum {
  readonly inputs: MarketInputs;
  readonly sum: Float64Array;
  /** The first instant from `inputs.nowMs` on at which a component may differ. */
  readonly changesAtMs: number;
}

/**
 * Weighted sums of the components that stay the same for a while. A sum is cached for each scope of trends. It is
 * computed again for another catalog or other trends, and when a step function of a market may change, such as
 * `closing` a week before the end. In between, the cached sum is exactly what a new computation would give.
 */
export class SteadySums {
  /** By the column that identifies the scope. */
  readonly #cache = new WeakMap<Float64Array, CachedSum>();

  constructor(private readonly constants: V2Constants) {}

  /** The sums by row. The caller must not change them. */
  at(inputs: Omit<MarketInputs, 'constants'>): Float64Array {
    const scope = inputs.trends.local ?? inputs.trends.global;
    const cached = this.#cache.get(scope);
    if (cached !== undefined && isValid(cached, inputs)) return cached.sum;
    const computed = this.#compute({ ...inputs, constants: this.constants });
    this.#cache.set(scope, computed);
    return computed.sum;
  }

  #compute(inputs: MarketInputs): CachedSum {
    const { size } = inputs.columns;
    let changesAtMs = Infinity;
    const steady = STEADY.filter(({ name }) => this.constants.weights[name] !== 0);
    const components = steady.map(({ value, nextChangeMs }) => {
      const component = new Float64Array(size);
      for (let row = 0; row < size; row += 1) {
        component[row] = value(inputs, row);
        if (typeof nextChangeMs === 'function') {
          changesAtMs = Math.min(changesAtMs, nextChangeMs(inputs, row));
        }
      }
      return component;
    });
    const sum = new Float64Array(size);
    weightedSum(
      steady.map(({ name }) => this.constants.weights[name]),
      components,
      sum,
    );
    return { inputs, sum, changesAtMs };
  }
}

function isValid(
  { inputs: before, changesAtMs }: CachedSum,
  { columns, signals, trends: { global, local, rising, popular }, nowMs }: Omit<MarketInputs, 'constants'>,
): boolean {
  return (
    before.columns === columns &&
    before.signals === signals &&
    before.trends.global === global &&
    before.trends.local === local &&
    before.trends.rising === rising &&
    before.trends.popular === popular &&
    (nowMs === before.nowMs || (nowMs > before.nowMs && nowMs < changesAtMs))
  );
}
