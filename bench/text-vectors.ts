/**
 * `npm run bench:text-vectors -- <file> [count]`: computes text vectors of evenly spaced titles of a JSON array of markets
 * (`question` or `title`, and `tags`), 400 by default. Prints the time per title, and the share of markets whose nearest
 * neighbor has a specific tag in common with it, by text vectors and by TF-IDF of the titles. A tag is specific if at most 5%
 * of the markets have it. Then the time to compare a vector with those of 2,700 and 20,000 rows.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { toEntry } from '../dist/catalog/catalog-snapshot.js';
import { buildColumns } from '../dist/catalog/columns/build-columns.js';
import { noVectors, setVectors } from '../dist/catalog/columns/vector-columns.js';
import { applyMarketInput, validateMarketInput } from '../dist/catalog/market-input.js';
import { openTextEncoder } from '../dist/catalog/vectors/text-encoder.js';
import type { MarketColumns } from '../dist/scoring/v2/features.js';
import { rowNumbers } from '../dist/scoring/v2/row-numbers.js';
import { vectorOf, writeCosines } from '../dist/scoring/v2/vector-similarity.js';

const SPECIFIC_SHARE = 0.05;
const TITLES_PER_CALL = 10;
const ROUNDS = 50;

interface SourceMarket {
  readonly question?: string;
  readonly title?: string;
  readonly tags?: readonly string[];
}

function readMarkets(file: string, count: number): { title: string; tags: readonly string[] }[] {
  const content = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(content) : content).toString();
  const byTitle = new Map<string, readonly string[]>();
  for (const { question, title = question, tags = [] } of JSON.parse(text) as SourceMarket[])
    if (title !== undefined && title.trim() !== '') byTitle.set(title.trim(), tags);
  const all = Array.from(byTitle, ([title, tags]) => ({ title, tags }));
  const step = Math.max(1, all.length / count);
  return all
    .filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step))
    .slice(0, count);
}

/** Columns whose only texts are the titles. Ids keep the order of the titles. */
function columnsOf(titles: readonly string[]): ReturnType<typeof buildColumns> {
  const now = new Date(0);
  return buildColumns(
    titles.map((title, index) => {
      const { market, problem } = validateMarketInput({ id: String(index).padStart(8, '0'), title }, index);
      if (problem !== undefined) throw new Error(problem.message);
      return toEntry(applyMarketInput(undefined, { ...market, title }, now));
    }),
  );
}

/** The row with the highest similarity to each row. */
function nearestOf(size: number, write: (row: number, target: Float64Array) => void): number[] {
  const similarity = new Float64Array(size);
  return Array.from({ length: size }, (_, row) => {
    write(row, similarity);
    similarity[row] = -Infinity;
    return similarity.indexOf(Math.max(...similarity));
  });
}

function writeTfIdf({ text }: MarketColumns, row: number, target: Float64Array): void {
  target.fill(0);
  for (let at = text.start[row] ?? 0; at < (text.start[row + 1] ?? 0); at += 1) {
    const term = text.terms[at] ?? 0;
    for (
      let posting = text.postingStart[term] ?? 0;
      posting < (text.postingStart[term + 1] ?? 0);
      posting += 1
    ) {
      const other = text.postingRows[posting] ?? 0;
      target[other] = (target[other] ?? 0) + (text.weights[at] ?? 0) * (text.postingWeights[posting] ?? 0);
    }
  }
}

const [file, count = '400'] = process.argv.slice(2);
if (file === undefined) throw new Error('Name a file with markets.');
const markets = readMarkets(file, Number(count));
const encoder = openTextEncoder();
if (encoder === null) throw new Error('The packages of text vectors are not installed.');
await encoder.encode(['Warm up?']);
const startedMs = performance.now();
const values: Int8Array[] = [];
for (let from = 0; from < markets.length; from += TITLES_PER_CALL)
  values.push(
    ...(await encoder.encode(markets.slice(from, from + TITLES_PER_CALL).map(({ title }) => title))),
  );
const msPerTitle = (performance.now() - startedMs) / markets.length;
await encoder.close();

const withoutVectors = columnsOf(markets.map(({ title }) => title));
const vectors = setVectors(
  noVectors(markets.length),
  values.map((vector, row) => [row, { model: encoder.model, values: vector }]),
);
const all = rowNumbers(markets.length);
const byVectors = nearestOf(markets.length, (row, target) => {
  const vector = vectorOf(vectors, row);
  if (vector === null) target.fill(0);
  else writeCosines(vector, vectors, all, target);
});
const byWords = nearestOf(markets.length, (row, target) => writeTfIdf(withoutVectors, row, target));

const tagCounts = new Map<string, number>();
for (const { tags } of markets) for (const tag of tags) tagCounts.set(tag, (tagCounts.get(tag) ?? 0) + 1);
const specific = markets.map(({ tags }) =>
  tags.filter(
    (tag) => (tagCounts.get(tag) ?? 0) <= SPECIFIC_SHARE * markets.length && (tagCounts.get(tag) ?? 0) > 1,
  ),
);
const tagged = specific.flatMap((tags, row) => (tags.length === 0 ? [] : [row]));
const shareOf = (nearest: readonly number[]): string => {
  const hits = tagged.filter((row) =>
    specific[nearest[row] ?? -1]?.some((tag) => specific[row]?.includes(tag)),
  );
  return `${((100 * hits.length) / tagged.length).toFixed(1)}%`;
};
console.log(
  `${markets.length} titles, ${msPerTitle.toFixed(1)} ms each; ${tagged.length} have a specific tag`,
);
console.log(
  `nearest neighbor with a common specific tag: text vectors ${shareOf(byVectors)}, TF-IDF ${shareOf(byWords)}`,
);

for (const rows of [2_700, 20_000]) {
  const many = setVectors(
    noVectors(rows),
    Array.from({ length: rows }, (_, row) => [
      row,
      { model: encoder.model, values: values[row % values.length] ?? new Int8Array(0) },
    ]),
  );
  const target = new Float64Array(rows);
  const times = Array.from({ length: ROUNDS }, (_, round) => {
    const vector = vectorOf(many, round);
    const beforeMs = performance.now();
    if (vector !== null) writeCosines(vector, many, rowNumbers(rows), target);
    return performance.now() - beforeMs;
  }).sort((a, b) => a - b);
  console.log(`${rows} rows: ${(1_000 * (times[ROUNDS / 2] ?? NaN)).toFixed(0)} µs per comparison with all`);
}
