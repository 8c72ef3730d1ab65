/** Scripts that put no spaces between words. */
const UNSPACED_SCRIPTS =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}';
const UNSPACED = new RegExp(`[${UNSPACED_SCRIPTS}]`, 'u');
/** The parts of such text: a number, characters of those scripts, and those of others. */
const UNSPACED_PARTS = new RegExp(
  `\\p{Nd}+(?:\\.\\p{Nd}+)*|[${UNSPACED_SCRIPTS}\\u30fc]+|[^${UNSPACED_SCRIPTS}\\u30fc\\p{Nd}]+`,
  'gu',
);

/** Whether a word has characters of a script that puts no spaces between words. */
export function isUnspaced(word: string): boolean {
  return UNSPACED.test(word);
}

/** The numbers in a word, and the characters of such scripts and of others between them, in order. */
export function unspacedParts(word: string): string[] {
  return word.match(UNSPACED_PARTS) ?? [];
}

/** The overlapping pairs of characters; a single character itself. */
export function characterPairs(word: string): string[] {
  const characters = Array.from(word);
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, index) => `${characters[index] ?? ''}${character}`);
}
