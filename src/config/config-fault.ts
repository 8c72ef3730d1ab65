/** Something that is wrong in a config. */
export interface ConfigFault {
  /** Where, such as `feed.quotas`; empty for the config itself. */
  readonly path: string;
  /** What is wrong and what is allowed; goes on from the path, as in "must be a number above 0 (it is -1)". */
  readonly message: string;
}

/** More would hide the first ones rather than help. */
const MOST_TOLD = 50;

const LONGEST_QUOTE = 60;

/** One sentence a fault; behind the first fifty, how many there are besides. */
export function faultSentences(faults: readonly ConfigFault[], prefix = ''): string[] {
  const told = faults
    .slice(0, MOST_TOLD)
    .map(
      ({ path, message }) => `${shortened([prefix, path].filter(Boolean).join('.')) || '(top)'}: ${message}`,
    );
  const others = faults.length - told.length;
  return others === 0 ? told : [...told, `(and ${others} more)`];
}

/** A value as a person would name it, in a few words whatever it holds. */
export function named(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (typeof value === 'string') return JSON.stringify(shortened(value));
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : 'a table';
}

/** A text cut to a length that can stand in a message. */
export function shortened(text: string): string {
  return text.length <= LONGEST_QUOTE ? text : `${text.slice(0, LONGEST_QUOTE)}…`;
}
