import { foldText } from '../../domain/fold-text.js';

/** Keys under which a market groups with others. */
export interface TitlePatterns {
  /** The folded title with numbers, months, and weekdays masked. Markets with the same one form a ladder. */
  readonly ladder: string;
  /** The masked numbers, in order. */
  readonly numbers: readonly number[];
  /** The event key without numbers and months, else `ladder`. */
  readonly series: string;
  /** The event key up to its first hyphen, else the first tag; null without either. */
  readonly family: string | null;
  /** `ladder` with capitalized names masked too. */
  readonly template: string;
  /** Where the market comes from; empty if unknown. */
  readonly source: string;
}

export interface PatternSource {
  readonly title: string;
  readonly eventKey: string | null;
  readonly tags: readonly string[];
  readonly source: string | null;
}

const MONTHS =
  'jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?';
const WEEKDAYS = '(?:mon|tues|wednes|thurs|fri|satur|sun)days?';

const NUMBER =
  /[$€£]?(\d[\d,]*(?:\.\d+)?)\s?(%|°[cf]?|[km](?![\p{L}\p{N}])|(?:st|nd|rd|th)(?![\p{L}\p{N}]))?/giu;
/** `May` counts only with a capital: `may` is a verb. */
const DATES = new RegExp(`(?<![\\p{L}\\p{N}])(?:(?:${MONTHS}|may)|${WEEKDAYS})(?![\\p{L}\\p{N}])\\.?`, 'giu');
const VERB_MAY = /^may/;
const NAME = /(?<=\S\s+(?:["'(“]+)?)\p{Lu}[\p{L}\p{N}'’.&-]*(?:\s+\p{Lu}[\p{L}\p{N}'’.&-]*)*/gu;
const MONTHS_OF_KEY = new RegExp(`(?<![a-z])(?:${MONTHS}|may)(?![a-z])`, 'g');

const MULTIPLIERS: Readonly<Record<string, number>> = { k: 1e3, m: 1e6 };

/** The patterns of a market; a pure function of its fields. Source: algorithm v2. */
export function titlePatterns({ title, eventKey, tags, source }: PatternSource): TitlePatterns {
  const numbers: number[] = [];
  const masked = title
    .normalize('NFKC')
    .replace(DATES, (word) => (VERB_MAY.test(word) ? word : '*'))
    .replace(NUMBER, (_, digits: string, unit: string | undefined) => {
      numbers.push(Number(digits.replaceAll(',', '')) * (MULTIPLIERS[unit?.toLowerCase() ?? ''] ?? 1));
      return '#';
    });
  const ladder = foldText(masked);
  return {
    ladder,
    numbers,
    series: eventKey === null ? ladder : seriesOfEvent(eventKey),
    family: familyOf(eventKey, tags),
    template: foldText(masked.replace(NAME, '@')),
    source: source ?? '',
  };
}

function seriesOfEvent(eventKey: string): string {
  return eventKey.toLowerCase().replace(/\d+/g, '').replace(MONTHS_OF_KEY, '');
}

/** Event keys and tags have prefixes of their own, so that they never meet. */
function familyOf(eventKey: string | null, tags: readonly string[]): string | null {
  if (eventKey !== null) return `event ${eventKey.split('-', 1)[0] ?? ''}`;
  const [first] = tags;
  return first === undefined ? null : `tag ${foldText(first)}`;
}
