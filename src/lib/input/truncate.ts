const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** A word is cut only if dropping it would lose more than this share of the text. */
const LONGEST_LOST_SHARE = 0.2;

/**
 * The text within `most` UTF-16 code units. A longer text ends with an ellipsis, after a whole word where one ends near
 * the limit, and never inside a character that a reader sees as one.
 */
export function truncated(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = graphemes.segment(text).containing(most - 1)?.index ?? most - 1;
  const space = text.lastIndexOf(' ', cut);
  const end = space > cut * (1 - LONGEST_LOST_SHARE) ? space : cut;
  return `${text.slice(0, end).trimEnd()}…`;
}
