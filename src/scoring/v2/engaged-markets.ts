import { daysSince } from './halving.js';
import type { MarketColumns, PastMarket } from './market-columns.js';
import { lengthened, roomFor, wholeRoomFor } from './scratch.js';
import { writeUnitVector } from './unit-vector.js';
import type { EngagementV2 } from './user-v2.js';

/** Where markets that are not among the rows are looked up. */
export type PastLookup = (marketId: string) => PastMarket | undefined;

/**
 * The markets a person engaged with, latest first, as numbers: those of the rows and past ones alike. Words that no row
 * has are numbered after those of the columns, so that a past market's vector has its full length. Engagements that are
 * nowhere to be found, or whose weight or time makes no sense, are left out.
 *
 * Valid until the next `load`; its memory is used again.
 */
export class EngagedMarkets {
  count = 0;
  /** Where the market stands among the rows; −1 for a past one. */
  row = new Int32Array(0);
  /** The number of its event among the rows; −1 without one. */
  event = new Int32Array(0);
  /** Where it stands in the order of creation. */
  place = new Float64Array(0);
  /** Days since the engagement. */
  days = new Float64Array(0);
  /** The engagement's weight, above 0. */
  weight = new Float64Array(0);
  /** 1 in the present session. */
  inSession = new Int32Array(0);
  /** Words of market `k`: `terms[start[k]]` to `terms[start[k + 1] − 1]`, with their weights. */
  start = new Int32Array(1);
  terms = new Int32Array(0);
  weights = new Float32Array(0);
  /** Number of distinct words, those of the columns and those that no row has. */
  termCount = 0;
  #raw = new Float64Array(0);

  /**
   * @param atMost how many engagements to take, the latest.
   * @throws whatever `past` throws.
   */
  load(
    columns: MarketColumns,
    engagements: readonly EngagementV2[],
    atMost: number,
    past: PastLookup,
    nowMs: number,
  ): void {
    const length = Math.min(engagements.length, atMost);
    this.#makeRoom(length);
    const unknown = new Map<string, number>();
    for (let index = 0; index < length; index += 1) {
      const engagement = engagements[index] as EngagementV2;
      if (!(engagement.weight > 0 && engagement.weight < Infinity && Number.isFinite(engagement.atMs)))
        continue;
      const row = columns.rowOf(engagement.marketId);
      if (row !== undefined) this.#addRow(columns, row);
      else {
        const market = past(engagement.marketId);
        if (market === undefined) continue;
        this.#addPast(columns, market, unknown);
      }
      this.days[this.count] = daysSince(engagement.atMs, nowMs);
      this.weight[this.count] = engagement.weight;
      this.inSession[this.count] = engagement.inSession ? 1 : 0;
      this.count += 1;
    }
    this.termCount = columns.text.count + unknown.size;
  }

  #makeRoom(size: number): void {
    this.count = 0;
    this.row = wholeRoomFor(size, this.row);
    this.event = wholeRoomFor(size, this.event);
    this.place = roomFor(size, this.place);
    this.days = roomFor(size, this.days);
    this.weight = roomFor(size, this.weight);
    this.inSession = wholeRoomFor(size, this.inSession);
    this.start = wholeRoomFor(size + 1, this.start);
    this.start[0] = 0;
  }

  /** The place after the last word so far, with room for so many more. */
  #placeFor(more: number): number {
    const place = this.start[this.count] as number;
    this.terms = lengthened(this.terms, place + more, (size) => new Int32Array(size));
    this.weights = lengthened(this.weights, place + more, (size) => new Float32Array(size));
    this.start[this.count + 1] = place + more;
    return place;
  }

  #addRow({ text, textRow, event, creationPlace }: MarketColumns, row: number): void {
    const at = textRow[row] as number;
    const from = at < 0 ? 0 : (text.start[at] as number);
    const to = at < 0 ? 0 : (text.start[at + 1] as number);
    const place = this.#placeFor(to - from);
    for (let term = from; term < to; term += 1) {
      this.terms[place + term - from] = text.terms[term] as number;
      this.weights[place + term - from] = text.weights[term] as number;
    }
    this.row[this.count] = row;
    this.event[this.count] = event[row] as number;
    this.place[this.count] = creationPlace[row] as number;
  }

  #addPast(columns: MarketColumns, market: PastMarket, unknown: Map<string, number>): void {
    const { terms, counts, eventKey, createdAtMs } = market;
    const { text } = columns;
    const place = this.#placeFor(terms.length);
    this.#raw = roomFor(Math.max(terms.length, this.#raw.length), this.#raw);
    for (let at = 0; at < terms.length; at += 1) {
      const term = terms[at] as string;
      let id = text.idOf(term);
      const idf = id === undefined ? text.unknownIdf : (text.idf[id] as number);
      id ??= unknown.get(term);
      if (id === undefined) unknown.set(term, (id = text.count + unknown.size));
      this.terms[place + at] = id;
      this.#raw[at] = (counts[at] as number) * idf;
    }
    writeUnitVector(this.#raw, terms.length, this.weights, place);
    this.row[this.count] = -1;
    this.event[this.count] = (eventKey === null ? undefined : columns.eventOf(eventKey)) ?? -1;
    this.place[this.count] = columns.creationPlaceOf(createdAtMs);
  }
}
