import { foldText } from '../../domain/fold-text.js';
import { characterPairs, isUnspaced, unspacedParts } from '../../scoring/v2/terms.js';

/** Maximum number of distinct words of a query. */
export const MAX_QUERY_WORDS = 8;

/** Maximum number of searchable words of a market; the words of the title come first. */
const MAX_WORDS = 1_000;

/** Longer words are truncated. PostgreSQL allows 2,046 bytes, and no half of a surrogate pair. */
const FIRST_CHARACTERS = /^.{100}/su;

const WORDS = /[\p{L}\p{M}\p{N}]+/gu;

/** Returns the words by which a market is found. */
export function searchWords(market: {
  readonly title: string;
  readonly description: string | null;
}): string[] {
  return [...new Set([...wordsOf(market.title), ...wordsOf(market.description ?? '')])].slice(0, MAX_WORDS);
}

/** Returns the distinct words of a query. Text in scripts without spaces is not yet split into character pairs. */
export function queryWords(text: string): string[] {
  return [...new Set(foldText(text).match(WORDS))];
}

/**
 * Returns a query for PostgreSQL's type `tsquery`: each word must begin a word of the market. Text in a script without
 * spaces is compared by pairs of characters.
 *
 * @returns undefined for a text without letters and digits, which matches nothing.
 */
export function searchQuery(text: string): string | undefined {
  const words = [...new Set(wordsOf(text))];
  if (words.length === 0) return undefined;
  // Words have only letters and digits, so nothing needs escaping.
  return words.map((word) => `'${word}':*`).join(' & ');
}

function wordsOf(text: string): string[] {
  return (foldText(text).match(WORDS) ?? [])
    .flatMap(splitWord)
    .map((word) => FIRST_CHARACTERS.exec(word)?.[0] ?? word);
}

function splitWord(word: string): string[] {
  if (!isUnspaced(word)) return [word];
  return unspacedParts(word).flatMap((part) => (isUnspaced(part) ? characterPairs(part) : [part]));
}
