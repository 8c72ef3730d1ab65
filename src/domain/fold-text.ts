const ASCII = /^[\0-\x7f]*$/;
const VARIATION_SELECTORS = /[\uFE00-\uFE0F]/g;
const DOTS_ABOVE_I = /i\u0307+/g;

/**
 * Returns the form of a text for comparison without regard to case and encoding: compatibility composition (NFKC), full
 * case folding, and no variation selectors. Composed and decomposed "Café", "STRASSE" and "straße", and "⚽" with and
 * without a selector are equal. The letters i, dotted İ and dotless ı, which only Turkic languages distinguish, are
 * equal too.
 *
 * Idempotent. Source of the equivalences: Unicode 16, section 3.13 (default caseless matching, D146), except for ı.
 */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return (
    text
      .normalize('NFKC')
      .replace(VARIATION_SELECTORS, '')
      // Lower case first: ẞ does not expand in upper case, but ß does. Upper case then unifies the remaining variants.
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
