/** Something that is wrong in a ranking config. */
export interface ConfigError {
  /** Path of the value, such as `feed.quotas`; empty for the config itself. */
  readonly path: string;
  /** The problem and the allowed values. It continues the path, as in "must be a number above 0 (it is -1)". */
  readonly message: string;
}

/** More would push the first ones off the screen. */
const MAX_REPORTED = 50;

/** In characters. */
const MAX_QUOTE = 60;

/** Formats one sentence per error, at most 50, and the number of further errors. */
export function formatErrors(errors: readonly ConfigError[], prefix = ''): string[] {
  const sentences = errors
    .slice(0, MAX_REPORTED)
    .map(
      ({ path, message }) => `${shortened([prefix, path].filter(Boolean).join('.')) || '(top)'}: ${message}`,
    );
  const more = errors.length - sentences.length;
  return more === 0 ? sentences : [...sentences, `(and ${more} more)`];
}

/** Describes a value of any size in a few words. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (typeof value === 'string') return JSON.stringify(shortened(value));
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : 'a table';
}

function shortened(text: string): string {
  return text.length <= MAX_QUOTE ? text : `${text.slice(0, MAX_QUOTE)}…`;
}
