/** How often a category and an event may be on a page. */
export interface PageLimits {
  /** So many places from the top are under the limit on categories; at most the page's length. */
  readonly categoryPlaces: number;
  readonly perCategory: number;
  /** So many places from the top are under the first limit on events; at most the page's length. */
  readonly eventPlaces: number;
  /** At most `perEventPage`. */
  readonly perEventFirst: number;
  readonly perEventPage: number;
}

/**
 * How many of the places under the category limit, when `placed` of them are filled already, may still go to rows whose
 * event has its `perEventFirst`: those places that are not among the first `eventPlaces`.
 */
export function repeatablePlaces({ categoryPlaces, eventPlaces }: PageLimits, placed: number): number {
  return Math.max(0, categoryPlaces - Math.max(eventPlaces, placed));
}
