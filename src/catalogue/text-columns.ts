import { inverseFrequency } from '../scoring/v2/inverse-frequency.js';
import type { TextColumns } from '../scoring/v2/market-columns.js';
import { writeUnitVector } from '../scoring/v2/unit-vector.js';
import { marketTerms, type MarketText } from './market-terms.js';

/**
 * The words of markets as vectors: the weight of a word is its count in title, category and tags, times
 * {@link inverseFrequency} of it among the markets, and each vector has length 1.
 *
 * With a base the base says what words weigh, and words have the numbers that they have there; others have the
 * numbers that follow, and the weight of a word no market has. So a vector does not depend on the list it is in.
 */
export function textColumnsOf(markets: readonly MarketText[], base?: TextColumns): TextColumns {
  const vocabulary = new Vocabulary(base);
  const { start, terms, counts } = numbered(markets, vocabulary);
  const unknownIdf = base?.unknownIdf ?? inverseFrequency(markets.length, 0);
  const idf =
    base === undefined
      ? frequencies(terms, vocabulary.count).map((having) => inverseFrequency(markets.length, having))
      : continued(base.idf, vocabulary.count, unknownIdf);
  const weights = unitWeights(start, terms, counts, idf);
  return {
    ...{ start, terms, weights, idf, unknownIdf, count: vocabulary.count },
    idOf: (term) => vocabulary.find(term),
    ...postings(start, terms, weights, vocabulary.count),
  };
}

/** Numbers words in the order in which they come, after those of a base. */
class Vocabulary {
  readonly #ids = new Map<string, number>();
  readonly #terms: string[] = [];
  readonly #offset: number;

  constructor(private readonly base: TextColumns | undefined) {
    this.#offset = base?.count ?? 0;
  }

  get count(): number {
    return this.#offset + this.#terms.length;
  }

  find(term: string): number | undefined {
    return this.base?.idOf(term) ?? this.#ids.get(term);
  }

  add(term: string): number {
    const known = this.find(term);
    if (known !== undefined) return known;
    const id = this.count;
    this.#ids.set(term, id);
    this.#terms.push(term);
    return id;
  }

  /** The first of the equal strings that were added for this number; undefined for a number of the base. */
  firstOf(id: number): string | undefined {
    return this.#terms[id - this.#offset];
  }
}

function numbered(
  markets: readonly MarketText[],
  vocabulary: Vocabulary,
): Pick<TextColumns, 'start' | 'terms'> & { counts: Float64Array } {
  const texts = markets.map(marketTerms);
  const start = new Int32Array(markets.length + 1);
  for (const [row, text] of texts.entries()) start[row + 1] = (start[row] as number) + text.terms.length;
  const size = start[markets.length] as number;
  const terms = new Int32Array(size);
  const counts = new Float64Array(size);
  let place = 0;
  for (const text of texts) {
    for (let at = 0; at < text.terms.length; at += 1) {
      const id = vocabulary.add(text.terms[at] as string);
      // Markets that share a word share its string, so that a large catalogue holds each word once.
      text.terms[at] = vocabulary.firstOf(id) ?? (text.terms[at] as string);
      terms[place] = id;
      counts[place] = text.counts[at] as number;
      place += 1;
    }
  }
  return { start, terms, counts };
}

/** In how many markets each word is: a market has it once. */
function frequencies(terms: Int32Array, count: number): Float64Array {
  const having = new Float64Array(count);
  for (const term of terms) having[term] = (having[term] as number) + 1;
  return having;
}

function continued(values: Float64Array, size: number, value: number): Float64Array {
  if (values.length === size) return values;
  const longer = new Float64Array(size).fill(value, values.length);
  longer.set(values);
  return longer;
}

function unitWeights(
  start: Int32Array,
  terms: Int32Array,
  counts: Float64Array,
  idf: Float64Array,
): Float32Array {
  const weights = new Float32Array(terms.length);
  for (let place = 0; place < terms.length; place += 1) {
    counts[place] = (counts[place] as number) * (idf[terms[place] as number] as number);
  }
  for (let row = 0; row + 1 < start.length; row += 1) {
    const from = start[row] as number;
    const to = start[row + 1] as number;
    writeUnitVector(counts.subarray(from, to), to - from, weights, from);
  }
  return weights;
}

function postings(
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
