import { inverseDocumentFrequency, type TermCounts, writeUnitVector } from '../../scoring/v2/terms.js';
import type { TextColumns } from '../../scoring/v2/features.js';
import type { Work } from '../../lib/in-slices.js';
import { Numbering } from './numbering.js';

/** The text columns of a catalog, with what it takes to derive the next ones from them. */
export interface CatalogText extends TextColumns {
  /** By position in `terms`, how often the market has the word. */
  readonly counts: Uint16Array;
  readonly words: Numbering;
}

/** Rows, or words, between two points at which work may be interrupted. */
const ROWS_AT_ONCE = 256;
const WORDS_AT_ONCE = 4_096;

/**
 * The words of markets as vectors: the weight of a word is its count in title, category and tags, times
 * {@link inverseDocumentFrequency} of it among the markets, and each vector has length 1.
 *
 * @param termsOf the words of a row.
 */
export function* textColumnsWork(size: number, termsOf: (row: number) => TermCounts): Work<CatalogText> {
  const words = new Numbering();
  const rows = new TermRows(size);
  for (let row = 0; row < size; row += 1) {
    const { terms, counts } = termsOf(row);
    rows.add(terms, counts, (term) => words.add(term));
    if (row % ROWS_AT_ONCE === 0) yield;
  }
  return yield* weighed({ ...rows.columns(), words });
}

/**
 * The same rows of words, weighed by how many of these rows have each word: equal to what
 * {@link textColumnsWork} makes of them, but for words that no row has any more, which keep their number.
 */
export function* weighed({
  start,
  terms,
  counts,
  words,
}: Pick<CatalogText, 'start' | 'terms' | 'counts' | 'words'>): Work<CatalogText> {
  const size = start.length - 1;
  const count = words.size;
  const postingStart = new Int32Array(count + 1);
  for (const term of terms) postingStart[term + 1] = (postingStart[term + 1] as number) + 1;
  yield;
  const idf = new Float64Array(count);
  for (let term = 0; term < count; term += 1) {
    idf[term] = inverseDocumentFrequency(size, postingStart[term + 1] as number);
    postingStart[term + 1] = (postingStart[term + 1] as number) + (postingStart[term] as number);
    if (term % WORDS_AT_ONCE === 0) yield;
  }
  const next = postingStart.slice();
  const weights = new Float32Array(terms.length);
  const postingRows = new Int32Array(terms.length);
  const postingWeights = new Float32Array(terms.length);
  const raw = new RawWeights();
  for (let row = 0; row < size; row += 1) {
    const from = start[row] as number;
    const to = start[row + 1] as number;
    raw.write(counts, terms, from, to, idf, weights);
    for (let at = from; at < to; at += 1) {
      const term = terms[at] as number;
      const place = next[term] as number;
      next[term] = place + 1;
      postingRows[place] = row;
      postingWeights[place] = weights[at] as number;
    }
    if (row % ROWS_AT_ONCE === 0) yield;
  }
  return {
    ...{ start, terms, counts, words, weights, count, idf, unknownIdf: inverseDocumentFrequency(size, 0) },
    idOf: (term) => words.find(term, count),
    ...{ postingStart, postingRows, postingWeights },
  };
}

/**
 * The words of a few markets, picked or described by a caller, weighed as a catalog weighs them. Words have the numbers
 * that they have there; others have the numbers that follow, and the weight of a word no market has. So a vector does not
 * depend on the list it is in.
 */
export function textColumnsOfSome(texts: readonly TermCounts[], base: TextColumns): TextColumns {
  const others = new Numbering();
  const numberOf = (term: string): number => base.idOf(term) ?? base.count + others.add(term);
  const rows = new TermRows(texts.length);
  for (const { terms, counts } of texts) rows.add(terms, counts, numberOf);
  const { start, terms, counts } = rows.columns();
  const count = base.count + others.size;
  const idf = continued(base.idf, count, base.unknownIdf);
  const weights = new Float32Array(terms.length);
  const raw = new RawWeights();
  for (let row = 0; row < texts.length; row += 1) {
    raw.write(counts, terms, start[row] as number, start[row + 1] as number, idf, weights);
  }
  return {
    ...{ start, terms, weights, count, idf, unknownIdf: base.unknownIdf },
    idOf: (term) => {
      const other = others.find(term, others.size);
      return base.idOf(term) ?? (other === undefined ? undefined : base.count + other);
    },
    ...postingsOf(start, terms, weights, count),
  };
}

/** The values, followed by as many of `value` as it takes. */
export function continued(values: Float64Array, size: number, value: number): Float64Array {
  if (values.length === size) return values;
  const longer = new Float64Array(size).fill(value, values.length);
  longer.set(values);
  return longer;
}

/** Words and counts of rows, one row after the other. */
export class TermRows {
  readonly #start: Int32Array;
  #terms: Int32Array<ArrayBuffer>;
  #counts: Uint16Array<ArrayBuffer>;
  #row = 0;
  #end = 0;

  constructor(size: number, expectedTerms = size * 12) {
    this.#start = new Int32Array(size + 1);
    this.#terms = new Int32Array(expectedTerms);
    this.#counts = new Uint16Array(expectedTerms);
  }

  add(terms: readonly string[], counts: readonly number[], numberOf: (term: string) => number): void {
    this.#makeRoom(terms.length);
    for (let at = 0; at < terms.length; at += 1) {
      this.#terms[this.#end + at] = numberOf(terms[at] as string);
      this.#counts[this.#end + at] = counts[at] as number;
    }
    this.#end += terms.length;
    this.#row += 1;
    this.#start[this.#row] = this.#end;
  }

  /** Adds rows `from` to `to − 1` of other columns. */
  copy(other: Pick<CatalogText, 'start' | 'terms' | 'counts'>, from: number, to: number): void {
    const first = other.start[from] as number;
    const last = other.start[to] as number;
    this.#makeRoom(last - first);
    this.#terms.set(other.terms.subarray(first, last), this.#end);
    this.#counts.set(other.counts.subarray(first, last), this.#end);
    const moved = this.#end - first;
    for (let row = from; row < to; row += 1) {
      this.#row += 1;
      this.#start[this.#row] = (other.start[row + 1] as number) + moved;
    }
    this.#end += last - first;
  }

  columns(): Pick<CatalogText, 'start' | 'terms' | 'counts'> {
    const isFull = this.#end === this.#terms.length;
    return {
      start: this.#start,
      terms: isFull ? this.#terms : this.#terms.slice(0, this.#end),
      counts: isFull ? this.#counts : this.#counts.slice(0, this.#end),
    };
  }

  #makeRoom(more: number): void {
    if (this.#end + more <= this.#terms.length) return;
    const size = Math.max(this.#end + more, this.#terms.length * 2);
    const terms = new Int32Array(size);
    const counts = new Uint16Array(size);
    terms.set(this.#terms);
    counts.set(this.#counts);
    this.#terms = terms;
    this.#counts = counts;
  }
}

/** Writes the weights of rows; its memory is used again from row to row. */
export class RawWeights {
  #raw = new Float64Array(256);

  write(
    counts: Uint16Array,
    terms: Int32Array,
    from: number,
    to: number,
    idf: Float64Array,
    weights: Float32Array,
  ): void {
    if (to - from > this.#raw.length) this.#raw = new Float64Array(2 * (to - from));
    for (let at = from; at < to; at += 1) {
      this.#raw[at - from] = (counts[at] as number) * (idf[terms[at] as number] as number);
    }
    writeUnitVector(this.#raw, to - from, weights, from);
  }
}

function postingsOf(
  start: Int32Array,
  terms: Int32Array,
  weights: Float32Array,
  count: number,
): Pick<TextColumns, 'postingStart' | 'postingRows' | 'postingWeights'> {
  const postingStart = new Int32Array(count + 1);
  for (const term of terms) postingStart[term + 1] = (postingStart[term + 1] as number) + 1;
  for (let term = 0; term < count; term += 1) {
    postingStart[term + 1] = (postingStart[term + 1] as number) + (postingStart[term] as number);
  }
  const next = postingStart.slice();
  const postingRows = new Int32Array(terms.length);
  const postingWeights = new Float32Array(terms.length);
  for (let row = 0; row + 1 < start.length; row += 1) {
    for (let at = start[row] as number; at < (start[row + 1] as number); at += 1) {
      const term = terms[at] as number;
      const place = next[term] as number;
      next[term] = place + 1;
      postingRows[place] = row;
      postingWeights[place] = weights[at] as number;
    }
  }
  return { postingStart, postingRows, postingWeights };
}
