/** Most distinct words of one search: each costs a comparison with every market. */
export const MAX_SEARCH_WORDS = 8;

/** The distinct words of a search text, in lower case. */
export function searchWords(text: string): string[] {
  return [...new Set(text.toLowerCase().split(/\s+/))].filter((word) => word !== '');
}
