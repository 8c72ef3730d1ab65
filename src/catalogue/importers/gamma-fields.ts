import { z } from 'zod';
import { optionalInstant, optionalNumber, optionalText } from './record-fields.js';
import type { SourceTag } from './topics.js';

/** Tags arrive as plain slugs, or as objects; those that the site itself hides (`forceHide`) say nothing about the topic. */
const tags = z
  .array(
    z.union([
      z.string(),
      z.object({
        label: z.string().nullish(),
        slug: z.string().nullish(),
        forceHide: z.boolean().nullish(),
      }),
    ]),
  )
  .nullish()
  .transform((list) => list?.flatMap(sourceTag) ?? []);

/** A list that arrives as JSON inside a string, such as `"[\"Yes\", \"No\"]"`. */
const listInText = z
  .union([z.string(), z.array(z.union([z.string(), z.number()]))])
  .nullish()
  .transform((value, context) => {
    if (value === null || value === undefined || value === '') return undefined;
    const list = typeof value === 'string' ? parsedList(value) : value.map(String);
    if (list) return list;
    context.addIssue({ code: 'custom', message: `expected a JSON list, got ${JSON.stringify(value)}` });
    return z.NEVER;
  });

const prices = listInText.transform((list, context) => {
  if (list === undefined || list.length === 0) return undefined;
  const numbers = list.map((text) => (text.trim() === '' ? NaN : Number(text)));
  if (numbers.every((number) => Number.isFinite(number))) return numbers;
  context.addIssue({ code: 'custom', message: `expected prices, got ${JSON.stringify(list)}` });
  return z.NEVER;
});

const flag = z.boolean().nullish();

/** The event to which a market belongs: nested in a market of `/markets`, around the markets of `/events`. */
export const gammaEvent = z.object({
  slug: optionalText,
  title: optionalText,
  category: optionalText,
  tags,
});

export type GammaEvent = z.infer<typeof gammaEvent>;

/** A record of `/events`: told from a market by its `markets`. */
export const gammaEventWithMarkets = gammaEvent.extend({ markets: z.array(z.unknown()) });

/** What is read of a market; everything else in the record is passed over. */
export const gammaMarket = z.object({
  id: z.union([z.string(), z.number()]).nullish(),
  conditionId: optionalText,
  slug: optionalText,
  question: z.string().trim().min(1, 'is empty'),
  description: optionalText,
  image: optionalText,
  icon: optionalText,
  outcomes: listInText,
  outcomePrices: prices,
  volume: optionalNumber,
  volumeNum: optionalNumber,
  volume24hr: optionalNumber,
  tags,
  category: optionalText,
  events: z.array(gammaEvent).nullish(),
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
});

export type GammaMarket = z.infer<typeof gammaMarket>;

type GivenTag =
  | string
  | {
      label?: string | null | undefined;
      slug?: string | null | undefined;
      forceHide?: boolean | null | undefined;
    };

function sourceTag(tag: GivenTag): SourceTag[] {
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
