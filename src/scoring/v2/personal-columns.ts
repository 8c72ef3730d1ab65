import { weightedSum, type FillColumn, type UserInputs } from './component.js';
import { affinitiesByTopic } from './components/affinity.js';
import { EngagedMarkets } from './components/engaged-markets.js';
import { PERSONAL_COMPONENTS, type ComponentNameV2, type V2Constants } from './components.js';
import type { MarketColumns, PastLookup, UserFeatures } from './features.js';
import { reuseFloats } from './reusable-arrays.js';

interface Column {
  readonly name: ComponentNameV2;
  readonly isPenalty: boolean;
  readonly fill: FillColumn;
  values: Float64Array<ArrayBuffer>;
}

/** The components that depend on the user, by row. Valid until the next `fill`. */
export class PersonalColumns {
  /** Weighted sum of the personal components. */
  sum = new Float64Array(0);
  /** Weighted sum of the penalties, 0 or more. */
  penalty = new Float64Array(0);
  readonly #columns: readonly Column[];
  readonly #engaged = new EngagedMarkets();
  #affinities = new Float64Array(0);

  constructor(private readonly constants: V2Constants) {
    this.#columns = PERSONAL_COMPONENTS.map(({ name, kind, create }) => ({
      name,
      isPenalty: kind === 'penalty',
      fill: create(constants),
      values: new Float64Array(0),
    }));
  }

  fill(columns: MarketColumns, user: UserFeatures, past: PastLookup, nowMs: number): void {
    const { similarity, affinity } = this.constants;
    const engagementLimit = Math.max(similarity.nearestMarkets, similarity.centroidMarkets);
    this.#engaged.load(columns, user.engagements, engagementLimit, past, nowMs);
    this.#affinities = affinitiesByTopic(columns.topics, user, affinity, this.#affinities);
    const inputs: UserInputs = { columns, user, engaged: this.#engaged, affinities: this.#affinities };
    for (const column of this.#columns) {
      column.values = reuseFloats(columns.size, column.values);
      column.fill(inputs, column.values);
    }
    this.sum = reuseFloats(columns.size, this.sum);
    this.penalty = reuseFloats(columns.size, this.penalty);
    this.#add(false, this.sum);
    this.#add(true, this.penalty);
  }

  #add(isPenalty: boolean, sum: Float64Array): void {
    const columns = this.#columns.filter((column) => column.isPenalty === isPenalty);
    weightedSum(
      columns.map(({ name }) => this.constants.weights[name]),
      columns.map(({ values }) => values),
      sum,
    );
  }

  /** Sets both sums to 0, as for an anonymous user. */
  fillAnonymous({ size }: MarketColumns): void {
    this.sum = reuseFloats(size, this.sum).fill(0);
    this.penalty = reuseFloats(size, this.penalty).fill(0);
  }

  /** The unweighted components of a row, each 0–1, as of the last `fill`. */
  components(row: number): Partial<Record<ComponentNameV2, number>> {
    const components: Partial<Record<ComponentNameV2, number>> = {};
    for (const { name, values } of this.#columns) components[name] = values[row] as number;
    return components;
  }
}
