import { z } from 'zod';
import { idText } from '../../../lib/input/text-schemas.js';
import { drop, type Repair } from '../../../lib/input/parse-with-repairs.js';
import { ROUNDING } from '../../../lib/input/rounded-numbers.js';
import { decimalNumber, optionalInstant, optionalNumber, optionalText } from './record-fields.js';
import type { SourceTag } from './topics.js';

/** Tags are plain slugs or objects. Tags that the site hides (`forceHide`) are not topics and are ignored. */
const tag = z.union([
  z.string(),
  z.object({
    label: z.string().nullish(),
    slug: z.string().nullish(),
    forceHide: z.boolean().nullish(),
  }),
]);

const tags = z
  .array(tag)
  .nullish()
  .transform((list) => list?.flatMap(sourceTag) ?? []);

const validTags: Repair = (value) =>
  Array.isArray(value) ? value.filter((item) => tag.safeParse(item).success) : undefined;

/** A list encoded as JSON inside a string, such as `"[\"Yes\", \"No\"]"`. */
const encodedList = z
  .union([z.string(), z.array(z.union([z.string(), z.number()]))])
  .nullish()
  .transform((value, context) => {
    if (value === null || value === undefined || value === '') return undefined;
    const list = typeof value === 'string' ? parsedList(value) : value.map(String);
    if (list) return list;
    context.addIssue({ code: 'custom', message: `expected a JSON list, got ${JSON.stringify(value)}` });
    return z.NEVER;
  });

const prices = encodedList.transform((list, context) => {
  if (list === undefined || list.length === 0) return undefined;
  const numbers = list.map((text) => decimalNumber(text));
  if (numbers.every((number) => number !== undefined)) return numbers.map(settledPrice);
  context.addIssue({ code: 'custom', message: `expected prices, got ${JSON.stringify(list)}` });
  return z.NEVER;
});

const flag = z.boolean().nullish();

/** The event of a market: nested in a market of `/markets`, or the parent of the markets of `/events`. */
export const gammaEvent = z.object({
  slug: optionalText,
  title: optionalText,
  category: optionalText,
  tags,
});

export type GammaEvent = z.infer<typeof gammaEvent>;

/** An event only describes its markets, so an invalid field of the event does not reject them. */
export const gammaEventRepairs: Readonly<Record<string, Repair>> = {
  slug: drop,
  title: drop,
  category: drop,
  tags: validTags,
};

/** A record of `/events`; the field `markets` distinguishes it from a market. */
export const gammaEventWithMarkets = gammaEvent.extend({ markets: z.array(z.unknown()) });

/** The fields read from a market; other fields are ignored. */
export const gammaMarket = z.object({
  id: idText.pipe(z.string()).nullish(),
  conditionId: optionalText,
  slug: optionalText,
  question: z.string().trim().min(1, 'is empty'),
  description: optionalText,
  image: optionalText,
  icon: optionalText,
  outcomes: encodedList,
  outcomePrices: prices,
  volume: optionalNumber,
  volumeNum: optionalNumber,
  volume24hr: optionalNumber,
  tags,
  category: optionalText,
  events: z.array(z.unknown()).nullish(),
  eventTitle: optionalText,
  resolvedOutcome: optionalText,
  umaResolutionStatus: optionalText,
  createdAt: optionalInstant,
  startDate: optionalInstant,
  endDate: optionalInstant,
  closedTime: optionalInstant,
  updatedAt: optionalInstant,
  active: flag,
  closed: flag,
  archived: flag,
  /** Whether the order book accepts orders. */
  acceptingOrders: flag,
  /** Whether the market is a placeholder for answers that are not named yet. */
  negRiskOther: flag,
});

/** Identity, status, and price must be valid; any other invalid field is dropped. */
export const gammaMarketRepairs: Readonly<Record<string, Repair>> = {
  ...gammaEventRepairs,
  ...Object.fromEntries(
    [
      ...['description', 'image', 'icon', 'volume', 'volumeNum', 'volume24hr', 'events', 'eventTitle'],
      ...['createdAt', 'startDate', 'endDate', 'closedTime', 'updatedAt', 'negRiskOther', 'acceptingOrders'],
    ].map((field) => [field, drop]),
  ),
};

export type GammaMarket = z.infer<typeof gammaMarket>;

/** Rounds to 0 or 1, because the prices of settled markets differ slightly from them. */
function settledPrice(price: number): number {
  const nearest = Math.round(price);
  return Math.abs(price - nearest) <= ROUNDING ? nearest : price;
}

type TagInput =
  | string
  | {
      label?: string | null | undefined;
      slug?: string | null | undefined;
      forceHide?: boolean | null | undefined;
    };

function sourceTag(tag: TagInput): SourceTag[] {
  if (typeof tag === 'string') return [{ label: tag }];
  const label = tag.label ?? tag.slug ?? '';
  if (tag.forceHide === true || label === '') return [];
  return [{ label, ...(typeof tag.slug === 'string' && { slug: tag.slug }) }];
}

function parsedList(text: string): string[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.map(String) : undefined;
  } catch {
    return undefined;
  }
}
