import type { PageColumns } from './page-input.js';
import { repeatablePlaces, type PageLimits } from './page-limits.js';

/**
 * A page that is filled from the top, and never so that a limit could not be kept further down. It holds rows in reserve
 * that would fill the places under the category limit behind what is placed; a row is let in if the reserve does so
 * still when the row takes the place of one of it. So there is always a row that is let in: any of the reserve. Where
 * every event is inside one category, nothing is refused that could be placed, since the rows that keep the limits are
 * then the independent sets of a matroid and the reserve completes a basis. The places under the limits on events alone
 * need no reserve: they are a matroid's in any case.
 */
export class LimitedPage {
  readonly #rows: number[] = [];
  readonly #categories = new Map<number, number>();
  readonly #events = new Map<number, number>();
  #reserve: readonly number[];

  /**
   * @param front rows that fill the places under the category limit within the limits.
   */
  constructor(
    readonly limits: PageLimits,
    private readonly columns: Pick<PageColumns, 'category' | 'event'>,
    front: readonly number[],
  ) {
    this.#reserve = front;
  }

  get rows(): readonly number[] {
    return this.#rows;
  }

  /** Whether what the limits shut out now stays shut out. */
  get isPastFront(): boolean {
    return this.#rows.length >= Math.max(this.limits.categoryPlaces, this.limits.eventPlaces);
  }

  /** Counts up whenever rows that were shut out may come in again. */
  get zone(): number {
    const place = this.#rows.length;
    return Number(place >= this.limits.categoryPlaces) + Number(place >= this.limits.eventPlaces);
  }

  /** How many rows of the event the page can take yet. */
  eventRoom(event: number): number {
    if (event < 0) return Infinity;
    return this.newEventRoom - (this.#events.get(event) ?? 0);
  }

  /** The same for an event that is not on it. */
  get newEventRoom(): number {
    const { eventPlaces, perEventFirst, perEventPage } = this.limits;
    return this.#rows.length < eventPlaces ? perEventFirst : perEventPage;
  }

  /** The events that are on the page. */
  get events(): Iterable<number> {
    return this.#events.keys();
  }

  /** How many rows of the category the page can take yet. */
  categoryRoom(category: number): number {
    const { categoryPlaces, perCategory } = this.limits;
    return this.#rows.length < categoryPlaces
      ? perCategory - (this.#categories.get(category) ?? 0)
      : Infinity;
  }

  /** Whether a row that is not on the page may have its next place. */
  admits(row: number): boolean {
    if (this.categoryRoom(this.columns.category[row] as number) <= 0) return false;
    if (this.eventRoom(this.columns.event[row] as number) <= 0) return false;
    return this.#reserveBehind(row) !== null;
  }

  /** Gives a row that is admitted the next place. */
  put(row: number): void {
    this.#reserve = this.#reserveBehind(row) ?? [];
    this.#rows.push(row);
    const category = this.columns.category[row] as number;
    const event = this.columns.event[row] as number;
    this.#categories.set(category, (this.#categories.get(category) ?? 0) + 1);
    if (event >= 0) this.#events.set(event, (this.#events.get(event) ?? 0) + 1);
  }

  /** What of the reserve fills the places under the category limit behind this row; null when it does not. */
  #reserveBehind(row: number): readonly number[] | null {
    if (this.#rows.length >= this.limits.categoryPlaces) return [];
    const placed = [...this.#rows, row];
    for (const leaving of this.#dispensable(row)) {
      const reserve = this.#reserve.toSpliced(leaving, 1);
      if (this.#holds(placed, reserve)) return reserve;
    }
    return null;
  }

  /** Places in the reserve that may be given up for the row: its own, or one that is in its way, or any. */
  #dispensable(row: number): number[] {
    const { category, event } = this.columns;
    const reserve = this.#reserve;
    const own = reserve.indexOf(row);
    if (own >= 0) return [own];
    const isOfEvent = (other: number): boolean => event[row] !== -1 && event[other] === event[row];
    const isOfCategory = (other: number): boolean => category[other] === category[row];
    return [
      reserve.findLastIndex((other) => isOfEvent(other) && isOfCategory(other)),
      reserve.findLastIndex(isOfEvent),
      reserve.findLastIndex(isOfCategory),
      reserve.length - 1,
    ].filter((place) => place >= 0);
  }

  #holds(placed: readonly number[], reserve: readonly number[]): boolean {
    const { category, event } = this.columns;
    const { perCategory, perEventFirst, perEventPage } = this.limits;
    let repeats = repeatablePlaces(this.limits, placed.length);
    const rowAt = (place: number): number =>
      (place < placed.length ? placed[place] : reserve[place - placed.length]) as number;
    for (let place = placed.length - 1; place < placed.length + reserve.length; place += 1) {
      const row = rowAt(place);
      const id = event[row] as number;
      let ofCategory = 0;
      let ofEvent = 0;
      for (let above = 0; above < place; above += 1) {
        const other = rowAt(above);
        if (category[other] === category[row]) ofCategory += 1;
        if (id >= 0 && event[other] === id) ofEvent += 1;
      }
      if (ofCategory >= perCategory || ofEvent >= perEventPage) return false;
      if (place < placed.length || ofEvent < perEventFirst) continue;
      if (repeats === 0) return false;
      repeats -= 1;
    }
    return true;
  }
}
