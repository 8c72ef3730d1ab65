const ASCII = /^[\0-\x7f]*$/;
const VARIATION_SELECTORS = /[\uFE00-\uFE0F]/g;
const DOTS_ABOVE_I = /i\u0307+/g;

/**
 * The form of a text by which texts are compared without regard to case and encoding: compatibility composition (NFKC),
 * full case folding, and no variation selectors. Composed and decomposed "Café", "STRASSE" and "straße", and "⚽" with
 * and without a selector are equal. So are the letters i, dotted İ and dotless ı, which differ in Turkic languages only.
 *
 * Folding a folded text changes nothing. Source of the equivalences: Unicode 16, section 3.13 (default caseless
 * matching, D146), except for ı.
 */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return (
    text
      .normalize('NFKC')
      .replace(VARIATION_SELECTORS, '')
      // Lower case first: ẞ has no longer form in upper case, but ß has. Then all that upper case makes equal.
      .toLowerCase()
      .toUpperCase()
      .toLowerCase()
      .replaceAll('ς', 'σ')
      .normalize('NFKC')
      .replace(DOTS_ABOVE_I, 'i')
      // An i without its dot can compose with the accent after it.
      .normalize('NFKC')
  );
}
