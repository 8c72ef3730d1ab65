import type { TopicGroups } from './topic-groups.js';
import type { ComponentConstants } from './constants.js';
import type { EngagedMarkets } from './components/engaged-markets.js';
import type { MarketColumns, TrendColumns, UserFeatures } from './features.js';
import type { RowActivity, SiteSignals } from './site-signals.js';

/** Features that a personal component reads. */
export interface UserInputs {
  readonly columns: MarketColumns;
  readonly user: UserFeatures;
  /** The user's engagements, joined with the markets. */
  readonly engaged: EngagedMarkets;
  /** The user's affinities by topic id, −1 to 1; a category's is multiplied by `categoryFactor`. */
  readonly affinities: Float64Array;
  readonly signals: SiteSignals;
  readonly nowMs: number;
}

/** The columns that impersonal components may read. A change of prices or volumes replaces none of them. */
export const IMPERSONAL_INPUTS = [
  ...(['slot', 'createdAtMs', 'resolvesAtMs', 'catalogEndsMs'] as const),
  ...(['editorialBoost', 'isNews', 'isSports', 'patterns', 'catalogPatterns'] as const),
] as const satisfies readonly (keyof MarketColumns)[];

/** Features that an impersonal component reads. */
export interface MarketInputs {
  readonly columns: Pick<MarketColumns, (typeof IMPERSONAL_INPUTS)[number]>;
  readonly constants: ComponentConstants;
  readonly signals: SiteSignals;
  readonly activity: RowActivity;
  readonly nowMs: number;
}

/**
 * The values of a personal component for one user, each 0–1 unless it is learned. A feed needs the exact scores of the best rows only, so it
 * computes upper bounds of all scores first, and the values of the rows whose bounds are high. Without bounds, which are
 * optional, the value of every row is computed.
 */
export interface PersonalValues {
  /** Writes the value of `rows[i]` to `values[i]`, for each of the rows. */
  fill(rows: Int32Array, values: Float64Array): void;
  /** Writes the value of each group of markets with the same topics; for a component that few topics decide. */
  readonly fillGroups?: (groups: TopicGroups, values: Float64Array) => void;
  /** Adds to each row's element of `bounds` the weight times an upper bound of the row's value. */
  readonly addBounds?: (weight: number, bounds: Float64Array) => void;
  /** For a component whose bounds by row cost too much. */
  readonly refinable?: {
    /** An upper bound of all values. */
    readonly highest: number;
    /** Writes closer upper bounds of some rows, like `fill`. */
    readonly fillBounds: (rows: Int32Array, bounds: Float64Array) => void;
  };
}

/** Computes what the values of a user have in common. They are valid until the next call, which reuses their memory. */
export type LoadValues = (inputs: UserInputs) => PersonalValues;

interface ComponentBase {
  /** Name in `ScoreParts`, and key of its weight in the config under `v2.weights`. */
  readonly name: string;
  /** One sentence with the range, for API documentation. */
  readonly description: string;
  /** Scale of the values in the inputs of the learner; omitted for a component that is not learned by itself. */
  readonly learnedScale?: number;
}

/** A component that depends on the user. `personal` ones are added and discounted; a `penalty` is subtracted in full. */
export interface PersonalComponent extends ComponentBase {
  readonly kind: 'personal' | 'penalty';
  readonly create: (constants: ComponentConstants) => LoadValues;
  /** Of a market, the value depends on the topics alone, so markets with the same topics share it. */
  readonly dependsOn?: 'TOPICS';
}

/** A component that is the same for all users. */
export interface ImpersonalComponent extends ComponentBase {
  readonly kind: 'impersonal';
  /** Prepares what the rows have in common. Returns the value of a row, 0–1 unless it is learned. */
  readonly values: (inputs: MarketInputs) => (row: number) => number;
}

/** What a context component reads. */
export interface ContextInputs {
  readonly columns: Pick<MarketColumns, 'ids'>;
  readonly signals: SiteSignals;
  readonly activity: RowActivity;
  /** ISO 3166-1 alpha-2; null if unknown. */
  readonly country: string | null;
  readonly nowMs: number;
}

/** A component that is the same for all users in a country. */
export interface ContextComponent extends ComponentBase {
  readonly kind: 'context';
  /** Likewise. */
  readonly values: (inputs: ContextInputs) => (row: number) => number;
}

/** An impersonal component that depends on trends, which may be those of a country, and on nothing else. */
export interface TrendComponent extends ComponentBase {
  readonly kind: 'trend';
  /** Likewise. */
  readonly values: (trends: TrendColumns, constants: ComponentConstants) => (row: number) => number;
}

export type Component = PersonalComponent | ImpersonalComponent | TrendComponent | ContextComponent;

type Column = Float64Array;

/**
 * Writes the weighted sum of components by row. It adds them in their order, and up to four per pass over the rows,
 * which takes less than half the time of one pass each.
 */
export function weightedSum(
  weights: readonly number[],
  components: readonly Float64Array[],
  sum: Float64Array,
): void {
  sum.fill(0);
  let first = 0;
  for (; first + 4 <= components.length; first += 4) {
    const [a, b, c, d] = components.slice(first, first + 4) as [Column, Column, Column, Column];
    const [wa, wb, wc, wd] = weights.slice(first, first + 4) as [number, number, number, number];
    for (let row = 0; row < sum.length; row += 1) {
      sum[row] =
        (sum[row] as number) +
        wa * (a[row] as number) +
        wb * (b[row] as number) +
        wc * (c[row] as number) +
        wd * (d[row] as number);
    }
  }
  for (; first < components.length; first += 1) {
    const component = components[first] as Column;
    const weight = weights[first] as number;
    for (let row = 0; row < sum.length; row += 1) {
      sum[row] = (sum[row] as number) + weight * (component[row] as number);
    }
  }
}
