import { foldText } from '../../domain/fold-text.js';

/** The distinct terms of a text in order of first occurrence, and the number of occurrences of each. */
export interface TermCounts {
  readonly terms: readonly string[];
  readonly counts: readonly number[];
}

/** Number of times that a term counts in a market's category and in each of its tags; in the title, it counts once. */
export const TERM_COUNTS = { category: 2, tag: 1 } as const;

/**
 * English words that do not describe what a market is about, including those that most questions contain. Common words
 * of other languages get a low weight from their document frequency.
 */
const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about above after again against all also am an and any are as at be because been before being below between
  both but by can cannot could did do does doing during each else ever few for from further get gets getting had has
  have having he her here hers him his how if in into is it its itself just may me might more most must my no nor not
  of off on once one only or other our out over own same shall she should so some such than that the their them then
  there these they this those through to too under until up upon us vs very versus was we were what when where which
  while who whom whose why will with within without would yes you your
  end ends happen happens market markets least next question resolve resolves`.split(/\s+/),
);

const ACCENTS = /[\u0300-\u036f]/g;
const POSSESSIVE = /['’]s(?![\p{L}\p{N}])/gu;
const APOSTROPHES = /['’ʼ׳]/g;
const DIGIT_GROUPS = /(?<=\d),(?=\d{3}(?!\d))/g;
const WORDS = /\p{N}+(?:\.\p{N}+)+|[\p{L}\p{M}\p{N}]+/gu;
const ASCII = /^[a-z0-9]*$/;
const SINGLE_LETTER_OR_DIGIT = /^[a-z0-9\p{Script=Greek}\p{Script=Cyrillic}]$/u;

/**
 * The terms of a text, in order and with repetitions: words in lower case, without accents, possessives, stop words,
 * single letters and single digits, and with English plurals made singular. Numbers of two or more digits are terms;
 * `100,000` and `2.5` are one each. Text in a script without spaces gives its overlapping pairs of characters and its
 * numbers. The result is a pure function of the text.
 */
export function termsOf(text: string): string[] {
  const folded = foldText(text)
    .normalize('NFKD')
    .replace(ACCENTS, '')
    .normalize('NFC')
    .replace(POSSESSIVE, '')
    .replace(APOSTROPHES, '')
    .replace(DIGIT_GROUPS, '');
  const terms: string[] = [];
  for (const word of folded.match(WORDS) ?? []) {
    if (!isUnspaced(word)) addWord(terms, word);
    else
      for (const part of unspacedParts(word)) {
        if (isUnspaced(part)) terms.push(...characterPairs(part));
        else addWord(terms, part);
      }
  }
  return terms;
}

function addWord(terms: string[], word: string): void {
  if (!STOP_WORDS.has(word) && !SINGLE_LETTER_OR_DIGIT.test(word)) terms.push(singular(word));
}

/**
 * Removes the ending of an English plural by the three rules of Harman's S stemmer; the first that matches applies.
 * Source: D. Harman, "How effective is suffixing?", Journal of the American Society for Information Science 42 (1991).
 */
function singular(word: string): string {
  if (word.length <= 3 || !word.endsWith('s') || !ASCII.test(word)) return word;
  if (word.endsWith('ies')) return /[ea]ies$/.test(word) ? word : `${word.slice(0, -3)}y`;
  if (word.endsWith('es')) return /[aeo]es$/.test(word) ? word : word.slice(0, -1);
  return /[us]s$/.test(word) ? word : word.slice(0, -1);
}

/** Scripts that put no spaces between words. */
const UNSPACED_SCRIPTS =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}';
const UNSPACED = new RegExp(`[${UNSPACED_SCRIPTS}]`, 'u');
const UNSPACED_PARTS = new RegExp(
  `\\p{Nd}+(?:\\.\\p{Nd}+)*|[${UNSPACED_SCRIPTS}\\u30fc]+|[^${UNSPACED_SCRIPTS}\\u30fc\\p{Nd}]+`,
  'gu',
);

/** Whether a word has characters of a script that puts no spaces between words. */
export function isUnspaced(word: string): boolean {
  return UNSPACED.test(word);
}

/** Splits a word into numbers, characters of scripts without spaces, and characters of other scripts, in order. */
export function unspacedParts(word: string): string[] {
  return word.match(UNSPACED_PARTS) ?? [];
}

/** The overlapping pairs of characters of a word; a single character gives itself. */
export function characterPairs(word: string): string[] {
  const characters = Array.from(word);
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, index) => `${characters[index] ?? ''}${character}`);
}

/** Counts the terms of several texts together. Each term counts as many times as given with its text. */
export function countTerms(texts: Iterable<readonly [text: string, count: number]>): TermCounts {
  const counts = new Map<string, number>();
  for (const [text, count] of texts) {
    for (const term of termsOf(text)) counts.set(term, (counts.get(term) ?? 0) + count);
  }
  return { terms: [...counts.keys()], counts: [...counts.values()] };
}

/**
 * Inverse document frequency of a term or topic: `ln(1 + N / df)`, where N is the number of markets and df the number of
 * those that have it. df 0 counts as 1.
 *
 * Above 0; ln 2 for what every market has. Source: Spärck Jones 1972, "A statistical interpretation of term
 * specificity", smoothed.
 */
export function inverseDocumentFrequency(markets: number, having: number): number {
  return Math.log(1 + Math.max(1, markets) / Math.max(1, having));
}

/**
 * Scales the first `count` elements of a vector to length 1 and writes them to `target` from `start` on; a zero vector
 * stays zero. Both sides of every comparison use this function, so a market compares the same among the rows and as a
 * past market.
 */
export function writeUnitVector(
  vector: Float64Array,
  count: number,
  target: Float32Array,
  start: number,
): void {
  let squares = 0;
  for (let index = 0; index < count; index += 1) {
    const weight = vector[index] as number;
    squares += weight * weight;
  }
  const length = Math.sqrt(squares);
  for (let index = 0; index < count; index += 1) {
    target[start + index] = length === 0 ? 0 : (vector[index] as number) / length;
  }
}
