/** Control characters that only separate words or lines. */
const WHITE_SPACE_CONTROLS = /[\t-\r\u0085\u2028\u2029]\s*/g;

/**
 * Characters that change how the text around them is displayed: controls (terminal escape sequences begin with one) and
 * the bidirectional embeddings, overrides and isolates. Joiners are allowed, because emoji and several scripts need them,
 * and so are the plain direction marks.
 */
const DISPLAY_CONTROLS = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u;
const EACH_DISPLAY_CONTROL = new RegExp(DISPLAY_CONTROLS, 'gu');

/** The error message for a text that {@link hasDisplayControls}. */
export const NO_DISPLAY_CONTROLS = 'must not contain control characters';

/** Whether a text contains characters that change how the text around them is displayed. */
export function hasDisplayControls(text: string): boolean {
  return DISPLAY_CONTROLS.test(text);
}

/** Any character except white space, format characters, fillers, and the empty Braille pattern. */
export const VISIBLE = /[^\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** The text on one line: each run of tabs and line breaks becomes a space. */
export function onOneLine(text: string): string {
  return text.replace(WHITE_SPACE_CONTROLS, ' ');
}

/**
 * Text from outside for a terminal or a log line. Control characters become escapes such as `\u001b`, and line breaks
 * `\n`, so that the text can neither move the cursor nor look like two lines.
 */
export function visible(text: string): string {
  return text.replace(EACH_DISPLAY_CONTROL, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** As {@link visible}, but keeps line breaks: for text of several lines that may quote text from outside. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** A word is cut only if dropping it would lose more than this share of the text. */
const MAX_LOST_SHARE = 0.2;

/**
 * Shortens a text to at most `maxLength` UTF-16 code units. A shortened text ends with an ellipsis, after a whole word if
 * one ends near the limit, and never inside a grapheme.
 */
export function truncated(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const cut = graphemes.segment(text).containing(maxLength - 1)?.index ?? maxLength - 1;
  const space = text.lastIndexOf(' ', cut);
  const end = space > cut * (1 - MAX_LOST_SHARE) ? space : cut;
  return `${text.slice(0, end).trimEnd()}…`;
}
