import { foldText } from '../../domain/fold-text.js';
import { STOP_WORDS } from './stop-words.js';
import { characterPairs, isUnspaced, unspacedParts } from './unspaced-text.js';

/** The distinct words of a text, in the order of their first occurrence, and how often each stands there. */
export interface TermCounts {
  readonly terms: readonly string[];
  readonly counts: readonly number[];
}

const ACCENTS = /[\u0300-\u036f]/g;
const POSSESSIVE = /['’]s(?![\p{L}\p{N}])/gu;
const APOSTROPHES = /['’ʼ׳]/g;
const DIGIT_GROUPS = /(?<=\d),(?=\d{3}(?!\d))/g;
const WORDS = /\p{N}+(?:\.\p{N}+)+|[\p{L}\p{M}\p{N}]+/gu;
const ASCII = /^[a-z0-9]*$/;
const ONE_CHARACTER_OF_LITTLE_MEANING = /^[a-z0-9\p{Script=Greek}\p{Script=Cyrillic}]$/u;

/**
 * The words of a text, for comparing texts: in lower case, without accents and possessives, stop words and single
 * letters and digits left out, English plurals made singular. Numbers of two and more digits are words, `100,000` and
 * `2.5` one each. Text in a script without spaces gives its overlapping pairs of characters, and the
 * numbers in it. The same text always
 * gives the same words, in order, repeated as they are there.
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
  if (!STOP_WORDS.has(word) && !ONE_CHARACTER_OF_LITTLE_MEANING.test(word)) terms.push(singular(word));
}

/**
 * An English plural without its ending, by the three rules of Harman's S stemmer, of which the first that fits decides.
 * Source: D. Harman, "How effective is suffixing?", Journal of the American Society for Information Science 42 (1991).
 */
function singular(word: string): string {
  if (word.length <= 3 || !word.endsWith('s') || !ASCII.test(word)) return word;
  if (word.endsWith('ies')) return /[ea]ies$/.test(word) ? word : `${word.slice(0, -3)}y`;
  if (word.endsWith('es')) return /[aeo]es$/.test(word) ? word : word.slice(0, -1);
  return /[us]s$/.test(word) ? word : word.slice(0, -1);
}

/** Counts the words of several texts together, each as often as said. */
export function countTerms(texts: Iterable<readonly [text: string, count: number]>): TermCounts {
  const counts = new Map<string, number>();
  for (const [text, count] of texts) {
    for (const term of termsOf(text)) counts.set(term, (counts.get(term) ?? 0) + count);
  }
  return { terms: [...counts.keys()], counts: [...counts.values()] };
}
