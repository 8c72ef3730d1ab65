import type { FeedConfig } from '../../config/feed-schema.js';
import { frontByFlow } from './front-by-flow.js';
import { frontKernel } from './front-kernel.js';
import type { PageColumns } from './page-input.js';
import { repeatablePlaces, type PageLimits } from './page-limits.js';
import { Tally } from './tally.js';

/** The limits that a page of the given rows can keep. */
export interface HoldableLimits {
  readonly limits: PageLimits;
  /** Rows that fill the places under the category limit within the limits. */
  readonly front: readonly number[];
  readonly notes: readonly string[];
}

/**
 * The limits for a page of `length` rows: as configured whenever any page of these rows keeps them all. Where none does,
 * a limit is raised to the least number with which there is one: first that of events on the page, then that of events
 * at its top, each by itself; then that of categories, unless raising the event limit at the top, if it had to yield
 * anyway, saves it.
 */
export function holdableLimits(
  rows: Int32Array,
  columns: Pick<PageColumns, 'category' | 'event'>,
  wanted: FeedConfig['diversity'],
  length: number,
): HoldableLimits {
  const categoryPlaces = Math.min(wanted.categoryPlaces, length);
  const eventPlaces = Math.min(wanted.eventPlaces, length);
  const perEventPage = leastCap(rows, columns.event, length, wanted.perEventPage);
  const wantedFirst = Math.min(wanted.perEventFirst, perEventPage);
  const leastFirst = leastCap(rows, columns.event, eventPlaces, wantedFirst);
  const found = (limits: PageLimits, front: readonly number[]): HoldableLimits => ({
    limits,
    front,
    notes: yielded(wanted, {
      ...limits,
      perEventFirst: Math.max(limits.perEventFirst, wanted.perEventFirst),
    }),
  });

  const least = {
    categoryPlaces,
    perCategory: wanted.perCategory,
    eventPlaces,
    perEventFirst: leastFirst,
    perEventPage,
  };
  const quick = greedyFront(rows, columns, least);
  if (quick !== null) return found(least, quick);
  const kernel = frontKernel(rows, columns, least);
  const highestFirst = leastFirst > wantedFirst ? perEventPage : leastFirst;
  for (let perEventFirst = leastFirst; perEventFirst <= highestFirst; perEventFirst += 1) {
    const limits = { ...least, perEventFirst };
    const front = frontByFlow(limits, columns, kernel);
    if (front !== null) return found(limits, front);
  }
  for (let perCategory = wanted.perCategory + 1; ; perCategory += 1) {
    const limits = { ...least, perCategory };
    const front = frontByFlow(limits, columns, kernel);
    if (front !== null) return found(limits, front);
  }
}

/** The least cap, not under `cap`, with which `places` rows can be taken with at most so many of an event. */
function leastCap(rows: Int32Array, event: Int32Array, places: number, cap: number): number {
  const counts = new Tally();
  let loose = 0;
  for (let i = 0, within = 0; i < rows.length; i += 1) {
    const id = event[rows[i] as number] as number;
    if (id < 0) loose += 1;
    if (id < 0 || counts.add(id) <= cap) within += 1;
    if (within === places) return cap;
  }
  let raised = cap;
  while (loose + counts.sumUpTo(raised) < places) raised += 1;
  return raised;
}

/** The first rows, going down, that fill the places within the limits; null when that does not fill them. */
function greedyFront(
  rows: Int32Array,
  { category, event }: Pick<PageColumns, 'category' | 'event'>,
  limits: PageLimits,
): number[] | null {
  const categories = new Tally();
  const events = new Tally();
  const front: number[] = [];
  let repeats = repeatablePlaces(limits, 0);
  for (let i = 0; i < rows.length && front.length < limits.categoryPlaces; i += 1) {
    const row = rows[i] as number;
    if (categories.of(category[row] as number) === limits.perCategory) continue;
    const id = event[row] as number;
    if (id >= 0) {
      const isRepeat = events.of(id) >= limits.perEventFirst;
      if (isRepeat && (repeats === 0 || events.of(id) === limits.perEventPage)) continue;
      if (isRepeat) repeats -= 1;
      events.add(id);
    }
    categories.add(category[row] as number);
    front.push(row);
  }
  return front.length === limits.categoryPlaces ? front : null;
}

function yielded(wanted: FeedConfig['diversity'], limits: PageLimits): string[] {
  return (['perCategory', 'perEventFirst', 'perEventPage'] as const)
    .filter((name) => limits[name] > wanted[name])
    .map((name) => `${name} yields: ${wanted[name]} -> ${limits[name]}`);
}
