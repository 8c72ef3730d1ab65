/** Control characters that only separate words or lines. */
const WHITE_SPACE_CONTROLS = /[\t-\r\u0085\u2028\u2029]\s*/g;

/**
 * Characters that change how the text around them is displayed: controls (terminal escape sequences begin with one) and
 * the bidirectional embeddings, overrides and isolates. Joiners stay allowed, because emoji and several scripts need
 * them, and so do the plain direction marks.
 */
const DISPLAY_CONTROLS = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u;
const EACH_DISPLAY_CONTROL = new RegExp(DISPLAY_CONTROLS, 'gu');

/** The message for a text that {@link hasDisplayControls}. */
export const NO_DISPLAY_CONTROLS = 'must not hold control characters';

/** The text on one line: each run of tabs and line breaks becomes a space. */
export function onOneLine(text: string): string {
  return text.replace(WHITE_SPACE_CONTROLS, ' ');
}

/** Whether a text holds characters that change how the text around them is displayed. */
export function hasDisplayControls(text: string): boolean {
  return DISPLAY_CONTROLS.test(text);
}

/** As {@link visible}, but with line breaks as they are: for text of several lines that may quote foreign text. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

/**
 * Foreign text for a terminal or a log line: control characters become escapes such as `\u001b`, line breaks `\n`, so
 * that a text can neither move the cursor nor look like two lines.
 */
export function visible(text: string): string {
  return text.replace(EACH_DISPLAY_CONTROL, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Any character but white space, format characters, fillers, and the empty Braille pattern. */
export const VISIBLE = /[^\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;
