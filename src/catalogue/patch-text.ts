import type { TextColumns } from '../scoring/v2/market-columns.js';
import type { TermCounts } from '../scoring/v2/terms.js';
import type { RowEdits } from './row-edits.js';
import { continued, RawWeights, TermRows, type CatalogueText } from './text-columns.js';

/**
 * The text columns of edited rows. Words keep the weights that they have in `old`; new words have that of a word no market
 * has. `weighed` brings the weights up to date.
 */
export function patchText<Entry>(
  old: CatalogueText,
  edits: RowEdits<Entry>,
  termsOf: (entry: Entry) => TermCounts,
): CatalogueText {
  const { words } = old;
  const texts = edits.fresh.map(({ entry }) => termsOf(entry));
  const rows = new TermRows(edits.size, sizeOf(old, edits, texts));
  let nextText = 0;
  for (const piece of edits.pieces) {
    if ('fresh' in piece) {
      const { terms, counts } = texts[nextText++] as TermCounts;
      rows.add(terms, counts, (term) => words.add(term));
    } else rows.copy(old, piece.from, piece.to);
  }
  const { start, terms, counts } = rows.columns();
  const count = words.size;
  const idf = continued(old.idf, count, old.unknownIdf);
  const weights = new Float32Array(terms.length);
  const raw = new RawWeights();
  let row = 0;
  for (const piece of edits.pieces) {
    const to = start[row] as number;
    if ('fresh' in piece) {
      raw.write(counts, terms, to, start[row + 1] as number, idf, weights);
      row += 1;
    } else {
      const from = old.start[piece.from] as number;
      weights.set(old.weights.subarray(from, old.start[piece.to]), to);
      row += piece.to - piece.from;
    }
  }
  const known = { start, terms, counts, words, weights, count, idf, unknownIdf: old.unknownIdf };
  return { ...known, idOf: (term) => words.find(term, count), ...patchPostings(old, edits, known) };
}

/** How many words the edited rows have. */
function sizeOf<Entry>(
  { start }: CatalogueText,
  { pieces }: RowEdits<Entry>,
  texts: readonly TermCounts[],
): number {
  let size = 0;
  for (const { terms } of texts) size += terms.length;
  for (const piece of pieces) {
    if ('from' in piece) size += (start[piece.to] as number) - (start[piece.from] as number);
  }
  return size;
}

/** By word, the rows kept of those that had it, in their order, and then the fresh ones. */
function patchPostings<Entry>(
  old: CatalogueText,
  { fresh, newRowOf }: RowEdits<Entry>,
  { start, terms, weights, count }: Pick<TextColumns, 'start' | 'terms' | 'weights' | 'count'>,
): Pick<TextColumns, 'postingStart' | 'postingRows' | 'postingWeights'> {
  const added = fresh.flatMap(({ row }) =>
    Array.from(terms.subarray(start[row], start[row + 1]), (term, index) => ({
      ...{ term, row, at: (start[row] as number) + index },
    })),
  );
  added.sort((a, b) => a.term - b.term || a.row - b.row);
  const postingStart = new Int32Array(count + 1);
  const postingRows = new Int32Array(terms.length);
  const postingWeights = new Float32Array(terms.length);
  let place = 0;
  let next = 0;
  let from = 0;
  for (let term = 0; term < count; term += 1) {
    const to = term < old.count ? (old.postingStart[term + 1] as number) : from;
    for (let at = from; at < to; at += 1) {
      const row = newRowOf[old.postingRows[at] as number] as number;
      if (row < 0) continue;
      postingRows[place] = row;
      postingWeights[place] = old.postingWeights[at] as number;
      place += 1;
    }
    from = to;
    for (let one = added[next]; one?.term === term; one = added[next]) {
      postingRows[place] = one.row;
      postingWeights[place] = weights[one.at] as number;
      place += 1;
      next += 1;
    }
    postingStart[term + 1] = place;
  }
  return { postingStart, postingRows, postingWeights };
}
