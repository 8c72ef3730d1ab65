import type { Work } from '../../lib/event-loop.js';
import type { TextColumns } from '../../scoring/v2/features.js';
import { inverseDocumentFrequency, writeUnitVector, type TermCounts } from '../../scoring/v2/terms.js';
import { Dictionary } from './dictionary.js';

/** The text columns of a catalog, with the state from which those of its next version are derived. */
export interface CatalogText extends TextColumns {
  /** By index in `terms`: how often the market has the term. */
  readonly counts: Uint16Array;
  readonly dictionary: Dictionary;
}

/** Rows and terms between two points at which work may be interrupted. */
const ROWS_PER_STEP = 256;
const TERMS_PER_STEP = 4_096;

/**
 * Builds the TF-IDF vectors of markets. The weight of a term is its count in title, category, and tags times its
 * {@link inverseDocumentFrequency} among the markets. Each vector is normalized to length 1.
 *
 * @param termsOf returns the terms of a row.
 */
export function* buildTextWork(size: number, termsOf: (row: number) => TermCounts): Work<CatalogText> {
  const dictionary = new Dictionary();
  const rows = new TermRows(size);
  for (let row = 0; row < size; row += 1) {
    const { terms, counts } = termsOf(row);
    rows.add(terms, counts, (term) => dictionary.add(term));
    if (row % ROWS_PER_STEP === 0) yield;
  }
  return yield* weightText({ ...rows.columns(), dictionary });
}

/**
 * Computes the weights and the inverted index of rows of terms. The result equals that of {@link buildTextWork}, except
 * that terms that no row has keep their ids.
 */
export function* weightText({
  start,
  terms,
  counts,
  dictionary,
}: Pick<CatalogText, 'start' | 'terms' | 'counts' | 'dictionary'>): Work<CatalogText> {
  const size = start.length - 1;
  const count = dictionary.size;
  const postingStart = new Int32Array(count + 1);
  for (const term of terms) postingStart[term + 1] = (postingStart[term + 1] as number) + 1;
  yield;
  const idf = new Float64Array(count);
  for (let term = 0; term < count; term += 1) {
    idf[term] = inverseDocumentFrequency(size, postingStart[term + 1] as number);
    postingStart[term + 1] = (postingStart[term + 1] as number) + (postingStart[term] as number);
    if (term % TERMS_PER_STEP === 0) yield;
  }
  const next = postingStart.slice();
  const weights = new Float32Array(terms.length);
  const postingRows = new Int32Array(terms.length);
  const postingWeights = new Float32Array(terms.length);
  const normalizer = new RowNormalizer();
  for (let row = 0; row < size; row += 1) {
    const from = start[row] as number;
    const to = start[row + 1] as number;
    normalizer.write(counts, terms, from, to, idf, weights);
    for (let at = from; at < to; at += 1) {
      const term = terms[at] as number;
      const posting = next[term] as number;
      next[term] = posting + 1;
      postingRows[posting] = row;
      postingWeights[posting] = weights[at] as number;
    }
    if (row % ROWS_PER_STEP === 0) yield;
  }
  return {
    ...{
      start,
      terms,
      counts,
      dictionary,
      weights,
      count,
      idf,
      unknownIdf: inverseDocumentFrequency(size, 0),
    },
    idOf: (term) => dictionary.find(term, count),
    ...{ postingStart, postingRows, postingWeights },
  };
}

/**
 * Builds the vectors of a subset of markets with the weights of the catalog's text. Terms of the catalog keep their ids.
 * Other terms get the following ids and the weight of an unknown term. A vector therefore does not depend on the other
 * markets of the subset.
 */
export function buildSubsetText(texts: readonly TermCounts[], base: TextColumns): TextColumns {
  const unknown = new Dictionary();
  const idOf = (term: string): number => base.idOf(term) ?? base.count + unknown.add(term);
  const rows = new TermRows(texts.length);
  for (const { terms, counts } of texts) rows.add(terms, counts, idOf);
  const { start, terms, counts } = rows.columns();
  const count = base.count + unknown.size;
  const idf = padded(base.idf, count, base.unknownIdf);
  const weights = new Float32Array(terms.length);
  const normalizer = new RowNormalizer();
  for (let row = 0; row < texts.length; row += 1) {
    normalizer.write(counts, terms, start[row] as number, start[row + 1] as number, idf, weights);
  }
  return {
    ...{ start, terms, weights, count, idf, unknownIdf: base.unknownIdf },
    idOf: (term) => {
      const id = unknown.find(term, unknown.size);
      return base.idOf(term) ?? (id === undefined ? undefined : base.count + id);
    },
    ...postingsOf(start, terms, weights, count),
  };
}

/** Extends the values to `size` with `value`. */
export function padded(values: Float64Array, size: number, value: number): Float64Array {
  if (values.length === size) return values;
  const longer = new Float64Array(size).fill(value, values.length);
  longer.set(values);
  return longer;
}

/** Collects the terms and counts of consecutive rows in growing arrays. */
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

  add(terms: readonly string[], counts: readonly number[], idOf: (term: string) => number): void {
    this.#reserve(terms.length);
    for (let at = 0; at < terms.length; at += 1) {
      this.#terms[this.#end + at] = idOf(terms[at] as string);
      this.#counts[this.#end + at] = counts[at] as number;
    }
    this.#end += terms.length;
    this.#row += 1;
    this.#start[this.#row] = this.#end;
  }

  /** Appends rows `from` to `to − 1` of other columns. */
  copy(other: Pick<CatalogText, 'start' | 'terms' | 'counts'>, from: number, to: number): void {
    const first = other.start[from] as number;
    const last = other.start[to] as number;
    this.#reserve(last - first);
    this.#terms.set(other.terms.subarray(first, last), this.#end);
    this.#counts.set(other.counts.subarray(first, last), this.#end);
    const offset = this.#end - first;
    for (let row = from; row < to; row += 1) {
      this.#row += 1;
      this.#start[this.#row] = (other.start[row + 1] as number) + offset;
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

  #reserve(more: number): void {
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

/** Writes the normalized weights of rows. Reuses one buffer for all rows. */
class RowNormalizer {
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
      const posting = next[term] as number;
      next[term] = posting + 1;
      postingRows[posting] = row;
      postingWeights[posting] = weights[at] as number;
    }
  }
  return { postingStart, postingRows, postingWeights };
}
