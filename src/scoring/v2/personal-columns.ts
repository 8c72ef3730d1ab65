import { weightedSum, type LoadValues, type PersonalValues, type UserInputs } from './component.js';
import { affinitiesByTopic } from './components/affinity.js';
import { EngagedMarkets } from './components/engaged-markets.js';
import { PERSONAL_COMPONENTS, type ComponentNameV2, type V2Constants } from './components.js';
import type { MarketColumns, PastLookup, UserFeatures } from './features.js';
import { rowNumbers } from './row-numbers.js';
import { reuseFloats, type Floats } from './reusable-arrays.js';
import type { SiteSignals } from './site-signals.js';
import { topicGroups, type TopicGroups } from './topic-groups.js';

/** Values that are computed for all markets. */
interface Table {
  /** By row, the index of its value: the row, or the group of rows with the same topics. */
  index: Int32Array;
  values: Floats;
  /** Whether they are those of the present user. */
  isFilled: boolean;
}

interface Column {
  readonly name: ComponentNameV2;
  readonly isPenalty: boolean;
  readonly isByTopics: boolean;
  readonly load: LoadValues;
  /** The values of the present user. */
  values: PersonalValues;
  readonly table: Table;
  /** The values of the rows of the last `fill`. */
  filled: Floats;
}

/**
 * In a catalog of at most so many markets, the values of a component whose bounds need refinement are computed for all
 * markets: that takes less time than to refine the bounds of most.
 */
const SMALL_CATALOG = 4_096;

const NO_VALUES: PersonalValues = {
  fill: () => {
    throw new TypeError('No user is loaded.');
  },
};

/** Terms that the bounds by row omit. */
export interface PersonalBounds {
  /** To be added to the bounds of all rows. */
  readonly highest: number;
  /** The weighted sum of the penalties of a row. */
  readonly penaltyOf: (row: number) => number;
}

/** The components that depend on the user. Their values are valid until the next `load`. */
export class PersonalColumns {
  /** Weighted sum of the personal components, by index of the rows of the last `fill`. */
  sum = new Float64Array(0);
  /** Weighted sum of the penalties, 0 or more, likewise. */
  penalty = new Float64Array(0);
  readonly #columns: readonly Column[];
  readonly #engaged = new EngagedMarkets();
  #affinities = new Float64Array(0);
  /** By topic group, the weighted sum of the components that depend on topics alone. */
  #ofGroup = new Float64Array(0);
  #closer = new Float64Array(0);

  constructor(
    private readonly constants: V2Constants,
    private readonly smallCatalog = SMALL_CATALOG,
  ) {
    this.#columns = PERSONAL_COMPONENTS.map(({ name, kind, create, dependsOn }) => ({
      name,
      isPenalty: kind === 'penalty',
      isByTopics: dependsOn === 'TOPICS',
      load: create(constants),
      values: NO_VALUES,
      table: { index: new Int32Array(0), values: new Float64Array(0), isFilled: false },
      filled: new Float64Array(0),
    }));
  }

  load(
    columns: MarketColumns,
    user: UserFeatures,
    past: PastLookup,
    signals: SiteSignals,
    nowMs: number,
  ): void {
    const { similarity, affinity } = this.constants;
    const engagementLimit = Math.max(similarity.nearestMarkets, similarity.centroidMarkets);
    this.#engaged.load(columns, user.engagements, engagementLimit, past, nowMs);
    this.#affinities = affinitiesByTopic(columns.topics, user, affinity, this.#affinities);
    const [engaged, affinities] = [this.#engaged, this.#affinities];
    const inputs: UserInputs = { columns, user, engaged, affinities, signals, nowMs };
    for (const column of this.#columns) {
      column.values = column.load(inputs);
      column.table.isFilled = false;
    }
  }

  /**
   * Computes the sums of some rows, from the values of the components that have a weight.
   *
   * @param withAll whether to compute the values of the other components too, for {@link copyComponents}.
   */
  fill(rows: Int32Array, { withAll = false } = {}): void {
    this.sum = reuseFloats(rows.length, this.sum);
    this.penalty = reuseFloats(rows.length, this.penalty);
    for (const column of this.#columns) {
      if (!withAll && this.constants.weights[column.name] === 0) continue;
      column.filled = reuseFloats(rows.length, column.filled);
      if (column.table.isFilled) copyFrom(column.table, rows, column.filled);
      else column.values.fill(rows, column.filled);
    }
    this.#add(false, this.sum);
    this.#add(true, this.penalty);
  }

  #add(isPenalty: boolean, sum: Float64Array): void {
    const columns = this.#columns.filter(
      (column) => column.isPenalty === isPenalty && this.constants.weights[column.name] !== 0,
    );
    weightedSum(
      columns.map(({ name }) => this.constants.weights[name]),
      columns.map(({ filled }) => filled),
      sum,
    );
  }

  /** Writes the unweighted components of a row of the last `fill`, which had all of them. */
  copyComponents(index: number, target: Partial<Record<ComponentNameV2, number | null>>): void {
    for (const { name, filled } of this.#columns) target[name] = filled[index] as number;
  }

  /**
   * Computes the values of one component, in an array of their own.
   *
   * @throws {RangeError} for a component that does not depend on the user.
   */
  valuesOf(name: ComponentNameV2, rows: Int32Array): Float64Array {
    const column = this.#columns.find((each) => each.name === name);
    if (column === undefined) throw new RangeError(`${name} does not depend on the user.`);
    const values = new Float64Array(rows.length);
    if (column.table.isFilled) copyFrom(column.table, rows, values);
    else column.values.fill(rows, values);
    return values;
  }

  /** Writes to each row's element of `bounds` the sum of `impersonal` and an upper bound of what depends on the user. */
  fillBounds(columns: MarketColumns, impersonal: Float64Array, bounds: Float64Array): PersonalBounds {
    this.#addTopics(columns, impersonal, bounds);
    let highest = 0;
    for (const column of this.#columns) {
      const { name, values, isByTopics, isPenalty } = column;
      const weight = this.constants.weights[name];
      if (isByTopics || weight === 0) continue;
      if (!isPenalty && values.addBounds !== undefined) values.addBounds(weight, bounds);
      else if (!isPenalty && values.refinable !== undefined && columns.size > this.smallCatalog)
        highest += weight * values.refinable.highest;
      else {
        const all = rowNumbers(columns.size);
        fillTable(column, all, all);
        addTable(column.table, isPenalty ? -weight : weight, bounds);
      }
    }
    return { highest, penaltyOf: (row) => this.#penaltyOf(row) };
  }

  /** Adds the components that depend on topics alone. They are computed once for the rows with the same topics. */
  #addTopics({ topics }: MarketColumns, impersonal: Float64Array, bounds: Float64Array): void {
    const groups = topicGroups(topics);
    const { group, rows } = groups;
    const ofGroup = (this.#ofGroup = reuseFloats(rows.length, this.#ofGroup).fill(0));
    for (const column of this.#columns) {
      if (!column.isByTopics) continue;
      const weight = this.constants.weights[column.name];
      // The table of a penalty is read later.
      if (weight === 0 && !column.isPenalty) continue;
      fillGroupTable(column, groups);
      for (let index = 0; index < rows.length; index += 1)
        ofGroup[index] =
          (ofGroup[index] as number) +
          (column.isPenalty ? -weight : weight) * (column.table.values[index] as number);
    }
    for (let row = 0; row < bounds.length; row += 1)
      bounds[row] = (impersonal[row] as number) + (ofGroup[group[row] as number] as number);
  }

  /** The weighted sum of the penalties of a row, after {@link fillBounds}. */
  #penaltyOf(row: number): number {
    let sum = 0;
    for (const { name, isPenalty, table } of this.#columns)
      if (isPenalty)
        sum += this.constants.weights[name] * (table.values[table.index[row] as number] as number);
    return sum;
  }

  /** Writes closer upper bounds of what {@link fillBounds} returned as `highest` for all rows. */
  fillHighest(rows: Int32Array, bounds: Float64Array): void {
    bounds.fill(0, 0, rows.length);
    for (const { name, values, isPenalty, table } of this.#columns) {
      const { addBounds, refinable } = values;
      const weight = this.constants.weights[name];
      if (table.isFilled || isPenalty || addBounds !== undefined || refinable === undefined) continue;
      if (weight === 0) continue;
      const closer = (this.#closer = reuseFloats(rows.length, this.#closer));
      refinable.fillBounds(rows, closer);
      for (let i = 0; i < rows.length; i += 1)
        bounds[i] = (bounds[i] as number) + weight * (closer[i] as number);
    }
  }
}

/** @param index by row, the index of the row's value in the table, which is that of `rows[index]`. */
function fillTable({ table, values }: Column, rows: Int32Array, index: Int32Array): void {
  table.index = index;
  table.values = reuseFloats(rows.length, table.values);
  values.fill(rows, table.values);
  table.isFilled = true;
}

/** The same for the groups of rows with the same topics. */
function fillGroupTable(column: Column, groups: TopicGroups): void {
  const { fillGroups } = column.values;
  if (fillGroups === undefined) {
    fillTable(column, groups.rows, groups.group);
    return;
  }
  const { table } = column;
  table.index = groups.group;
  table.values = reuseFloats(groups.rows.length, table.values);
  fillGroups(groups, table.values);
  table.isFilled = true;
}

function copyFrom({ index, values }: Table, rows: Int32Array, target: Float64Array): void {
  for (let i = 0; i < rows.length; i += 1) target[i] = values[index[rows[i] as number] as number] as number;
}

/** Adds the weight times the value of each row. */
function addTable({ values }: Table, weight: number, sums: Float64Array): void {
  for (let row = 0; row < sums.length; row += 1)
    sums[row] = (sums[row] as number) + weight * (values[row] as number);
}
