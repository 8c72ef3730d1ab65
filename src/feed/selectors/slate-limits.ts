import type { FeedConfig } from '../../config/schema/feed-schema.js';
import type { SlateColumns } from './slate.js';

/** At most so many markets of a category, and of an event, among the first positions and on the slate. */
export interface DiversityLimits {
  /** Positions from the top under the category limit; at most the slate's length. */
  readonly categoryPositions: number;
  readonly perCategory: number;
  /** Positions from the top under `perEventFirst`; at most the slate's length. */
  readonly eventPositions: number;
  /** At most `perEventPage`. */
  readonly perEventFirst: number;
  readonly perEventPage: number;
}

type Columns = Pick<SlateColumns, 'category' | 'event' | 'eventCount' | 'topics'>;

/** The limits and counts of a slate that is filled from the top. */
export class SlateLimits {
  #limits: DiversityLimits;
  readonly #categories: Int32Array;
  readonly #events: Int32Array;
  #length = 0;
  /** How many limits {@link relax} has tried. */
  #trials = 0;

  constructor(
    limits: DiversityLimits,
    private readonly columns: Columns,
  ) {
    this.#limits = limits;
    this.#categories = new Int32Array(columns.topics.count);
    this.#events = new Int32Array(columns.eventCount);
  }

  get limits(): DiversityLimits {
    return this.#limits;
  }

  /** Whether the positions left are under no limit but `perEventPage`. */
  get isPastFront(): boolean {
    return this.#length >= Math.max(this.#limits.categoryPositions, this.#limits.eventPositions);
  }

  /** Changes whenever rows that the limits shut out may be admitted again. */
  get zone(): number {
    const { categoryPositions, eventPositions } = this.#limits;
    return (
      3 * this.#trials + Number(this.#length >= categoryPositions) + Number(this.#length >= eventPositions)
    );
  }

  /** Whether the next position may hold this row, which is not on the slate. */
  admits(row: number): boolean {
    return (
      this.categoryRoom(this.columns.category[row] as number) > 0 &&
      this.eventRoom(this.columns.event[row] as number) > 0
    );
  }

  /** Fills the next position. */
  add(row: number): void {
    const category = this.columns.category[row] as number;
    const event = this.columns.event[row] as number;
    if (this.#length < this.#limits.categoryPositions)
      this.#categories[category] = (this.#categories[category] as number) + 1;
    if (event >= 0) this.#events[event] = (this.#events[event] as number) + 1;
    this.#length += 1;
  }

  /** How many more rows of the category the next positions can hold. */
  categoryRoom(category: number): number {
    const { categoryPositions, perCategory } = this.#limits;
    return this.#length < categoryPositions ? perCategory - (this.#categories[category] as number) : Infinity;
  }

  /** How many more rows of the event the next positions can hold; −1 is no event. */
  eventRoom(event: number): number {
    return event < 0 ? Infinity : this.roomOfNewEvent - (this.#events[event] as number);
  }

  /** How many rows of an event the next positions can hold if it has none on the slate. */
  get roomOfNewEvent(): number {
    const { eventPositions, perEventFirst, perEventPage } = this.#limits;
    return this.#length < eventPositions ? perEventFirst : perEventPage;
  }

  /**
   * Relaxes the limits by the least that lets some row in, when they admit none: the category limit first, and the event
   * limits only if no category limit helps.
   *
   * @param admitsAny whether the limits, as they are at the time of the call, admit a row.
   */
  relax(admitsAny: () => boolean): void {
    let strict = this.#limits;
    for (;;) {
      const mostPerCategory = this.#length < strict.categoryPositions ? strict.categoryPositions : 0;
      for (let perCategory = strict.perCategory + 1; perCategory <= mostPerCategory; perCategory += 1) {
        this.#try({ ...strict, perCategory });
        if (admitsAny()) return;
      }
      strict = this.#withOneMorePerEvent(strict);
      this.#try(strict);
      if (admitsAny()) return;
    }
  }

  #try(limits: DiversityLimits): void {
    this.#limits = limits;
    this.#trials += 1;
  }

  #withOneMorePerEvent(limits: DiversityLimits): DiversityLimits {
    if (this.#length >= limits.eventPositions) return { ...limits, perEventPage: limits.perEventPage + 1 };
    const perEventFirst = limits.perEventFirst + 1;
    return { ...limits, perEventFirst, perEventPage: Math.max(perEventFirst, limits.perEventPage) };
  }
}

/**
 * The limits for a slate of `length` of these rows: the configured ones, except that a limit is raised to the least
 * number that the rows can fill the positions with. Exact where each event lies within one category; else the pass may
 * have to relax further.
 */
export function satisfiableLimits(
  rows: Int32Array,
  columns: Columns,
  wanted: FeedConfig['diversity'],
  length: number,
): DiversityLimits {
  const categoryPositions = Math.min(wanted.categoryPositions, length);
  const eventPositions = Math.min(wanted.eventPositions, length);
  const { event } = columns;
  const perEventPage = leastCap(rows, event, columns.eventCount, length, wanted.perEventPage);
  const perEventFirst = leastCap(
    rows,
    event,
    columns.eventCount,
    eventPositions,
    Math.min(wanted.perEventFirst, perEventPage),
  );
  const limits = { categoryPositions, eventPositions, perEventFirst, perEventPage };
  return { ...limits, perCategory: leastPerCategory(rows, columns, limits, wanted.perCategory) };
}

/** The least cap, from `cap` on, with which `positions` of the rows have at most so many of a group; −1 is no group. */
function leastCap(
  rows: Int32Array,
  group: Int32Array,
  groupCount: number,
  positions: number,
  cap: number,
): number {
  const counts = new Int32Array(groupCount);
  let ungrouped = 0;
  let within = 0;
  for (let i = 0; i < rows.length; i += 1) {
    const id = group[rows[i] as number] as number;
    if (id < 0) ungrouped += 1;
    if (id < 0 || (counts[id] = (counts[id] as number) + 1) <= cap) within += 1;
    if (within === positions) return cap;
  }
  let raised = cap;
  while (ungrouped + sumUpTo(counts, raised) < positions) raised += 1;
  return raised;
}

/** {@link leastCap} for categories, among rows that the event limits let into the positions under the category limit. */
function leastPerCategory(
  rows: Int32Array,
  { category, event, eventCount, topics }: Columns,
  { categoryPositions, eventPositions, perEventFirst, perEventPage }: Omit<DiversityLimits, 'perCategory'>,
  cap: number,
): number {
  const perEvent = eventPositions < categoryPositions ? perEventPage : perEventFirst;
  const counts = new Int32Array(topics.count);
  const eventCounts = new Int32Array(eventCount);
  let within = 0;
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] as number;
    const id = event[row] as number;
    if (id >= 0 && (eventCounts[id] = (eventCounts[id] as number) + 1) > perEvent) continue;
    const ofCategory = (counts[category[row] as number] as number) + 1;
    counts[category[row] as number] = ofCategory;
    if (ofCategory <= cap) within += 1;
    if (within === categoryPositions) return cap;
  }
  let raised = cap;
  while (raised < categoryPositions && sumUpTo(counts, raised) < categoryPositions) raised += 1;
  return raised;
}

function sumUpTo(counts: Int32Array, cap: number): number {
  let sum = 0;
  for (let id = 0; id < counts.length; id += 1) sum += Math.min(counts[id] as number, cap);
  return sum;
}

/** The limits of the config that an order of rows breaks, as notes for the explanation. */
export function relaxationNotes(
  rows: readonly number[],
  { category, event }: Pick<Columns, 'category' | 'event'>,
  wanted: FeedConfig['diversity'],
): string[] {
  const events = rows.map((row) => event[row] as number);
  const used = {
    perCategory: largestGroup(rows.slice(0, wanted.categoryPositions).map((row) => category[row] as number)),
    perEventFirst: largestGroup(events.slice(0, wanted.eventPositions)),
    perEventPage: largestGroup(events),
  };
  return (['perCategory', 'perEventFirst', 'perEventPage'] as const)
    .filter((name) => used[name] > wanted[name])
    .map((name) => `${name} relaxed: ${wanted[name]} -> ${used[name]}`);
}

/** The size of the largest group; −1 is no group. */
function largestGroup(groups: readonly number[]): number {
  const counts = new Map<number, number>();
  let largest = 0;
  for (const group of groups) {
    if (group < 0) continue;
    const count = (counts.get(group) ?? 0) + 1;
    counts.set(group, count);
    largest = Math.max(largest, count);
  }
  return largest;
}
