import { startOfMinute } from '../shared/time.js';
import { IMPERSONAL_INPUTS, type MarketInputs } from './component.js';
import {
  CONTEXT_COMPONENTS,
  IMPERSONAL_COMPONENTS,
  TREND_COMPONENTS,
  type ComponentNameV2,
  type V2Constants,
} from './components.js';
import type { MarketColumns, TrendColumns } from './features.js';
import { reuseFloats } from './reusable-arrays.js';
import { activityOfAll, activityOfFew, type SiteSignals } from './site-signals.js';

/** Everything that the components are functions of. */
export interface ImpersonalInputs {
  readonly columns: MarketColumns;
  readonly trends: TrendColumns;
  readonly signals: SiteSignals;
  /** ISO 3166-1 alpha-2; null if unknown. */
  readonly country: string | null;
  readonly nowMs: number;
}

interface SharedSum {
  readonly inputs: Omit<ImpersonalInputs, 'trends' | 'country'>;
  readonly sum: Float64Array;
}

/**
 * The components that are the same for all users, by row. Valid until the next `fill`. They are those of the start of the
 * minute, so that all rankings of a minute share them.
 *
 * The sum of the components without trends is cached for the minute: the scopes of trends share it, and so do the versions of
 * a catalog that differ in prices.
 */
export class ImpersonalColumns {
  /** Weighted sum of the components. */
  sum = new Float64Array(0);
  /** By the slots of a catalog, the latest sum. */
  readonly #shared = new WeakMap<Int32Array, SharedSum>();

  constructor(private readonly constants: V2Constants) {}

  fill({ trends, country, ...others }: ImpersonalInputs): void {
    const inputs = { ...others, nowMs: startOfMinute(others.nowMs) };
    const { columns, signals } = inputs;
    this.sum = reuseFloats(columns.size, this.sum);
    this.sum.set(this.#sharedSum(inputs));
    for (const { name, values } of TREND_COMPONENTS)
      this.#add(name, () => values(trends, this.constants), this.sum);
    for (const { name, values } of CONTEXT_COMPONENTS)
      this.#add(
        name,
        () => values({ ...inputs, country, activity: activityOfAll(signals, columns) }),
        this.sum,
      );
  }

  #sharedSum(inputs: SharedSum['inputs']): Float64Array {
    const { columns, signals } = inputs;
    const cached = this.#shared.get(columns.slot);
    if (cached !== undefined && isValid(cached.inputs, inputs)) return cached.sum;
    const sum = new Float64Array(columns.size);
    const all: MarketInputs = {
      ...{ ...inputs, constants: this.constants },
      activity: activityOfAll(signals, columns),
    };
    for (const { name, values } of IMPERSONAL_COMPONENTS) this.#add(name, () => values(all), sum);
    this.#shared.set(columns.slot, { inputs, sum });
    return sum;
  }

  /** Adds a component, if it has a weight, to the sum of each row. */
  #add(name: ComponentNameV2, prepare: () => (row: number) => number, sum: Float64Array): void {
    const weight = this.constants.weights[name];
    if (weight === 0) return;
    const valueOf = prepare();
    for (let row = 0; row < sum.length; row += 1) sum[row] = (sum[row] as number) + weight * valueOf(row);
  }

  /** Prepares to write the unweighted components of few rows. */
  componentsOf({ columns, trends, signals, country, nowMs }: ImpersonalInputs): CopyComponents {
    const inputs = {
      ...{ columns, signals, country, constants: this.constants, nowMs: startOfMinute(nowMs) },
      activity: activityOfFew(signals, columns),
    };
    const components = [
      ...TREND_COMPONENTS.map(({ name, values }) => ({ name, valueOf: values(trends, this.constants) })),
      ...IMPERSONAL_COMPONENTS.map(({ name, values }) => ({ name, valueOf: values(inputs) })),
      ...CONTEXT_COMPONENTS.map(({ name, values }) => ({ name, valueOf: values(inputs) })),
    ];
    return (row, target) => {
      for (const { name, valueOf } of components) target[name] = valueOf(row);
    };
  }
}

type CopyComponents = (row: number, target: Partial<Record<ComponentNameV2, number | null>>) => void;

function isValid(before: SharedSum['inputs'], now: SharedSum['inputs']): boolean {
  return (
    before.nowMs === now.nowMs &&
    before.signals === now.signals &&
    IMPERSONAL_INPUTS.every((name) => before.columns[name] === now.columns[name])
  );
}
