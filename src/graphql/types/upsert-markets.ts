import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import {
  LenientDateTime,
  LenientFloat,
  LenientID,
  LenientInt,
  LenientMarketStatus,
  LenientString,
} from './lenient-scalars.js';
import type { MarketStatus } from './market.js';

@InputType({
  description:
    'Fields of one market to create or update. Omitted fields keep their value; null clears a field. Each market is validated on its own: an invalid one is REJECTED with `reason`, and so is null in place of a market. A field that does not exist rejects the whole request.',
})
export class MarketInput {
  @Field(() => LenientID, { nullable: true, description: 'Required. Id of the market, 1–128 characters.' })
  id?: string | null;

  @Field(() => LenientString, {
    nullable: true,
    description:
      'The question, 1–500 characters, without control characters. Needed only for a new market; null does not clear it.',
  })
  title?: string | null;

  @Field(() => LenientString, { nullable: true, description: 'Background and rules of resolution.' })
  description?: string | null;

  @Field(() => LenientString, {
    nullable: true,
    description: 'The one topic it is filed under, 1–100 characters.',
  })
  category?: string | null;

  @Field(() => [LenientString], {
    nullable: 'itemsAndList',
    description: 'Further topics, at most 64 of 1–100 characters.',
  })
  tags?: (string | null)[] | null;

  @Field(() => LenientFloat, { nullable: true, description: '0–1.' })
  probability?: number | null;

  @Field(() => LenientFloat, { nullable: true, description: 'Volume of the last 24 hours, 0 to 1e15.' })
  volume24h?: number | null;

  @Field(() => LenientFloat, { nullable: true, description: 'Volume since the beginning, 0 to 1e15.' })
  volumeTotal?: number | null;

  @Field(() => LenientInt, { nullable: true, description: 'How many people traded it, 0 or more.' })
  participantCount?: number | null;

  @Field(() => LenientString, {
    nullable: true,
    description: 'An http(s) URL, or a path that begins with a slash.',
  })
  imageUrl?: string | null;

  @Field(() => LenientString, {
    nullable: true,
    description: 'An http(s) URL, or a path that begins with a slash.',
  })
  url?: string | null;

  @Field(() => LenientMarketStatus, { nullable: true, description: 'OPEN when new and not said.' })
  status?: keyof typeof MarketStatus | null;

  @Field(() => LenientDateTime, { nullable: true, description: 'Now when new and not said.' })
  createdAt?: string | null;

  @Field(() => LenientDateTime, { nullable: true, description: 'When it is due to resolve.' })
  resolvesAt?: string | null;

  @Field(() => LenientString, { nullable: true, description: "The editors' own words about it." })
  editorialDescription?: string | null;

  @Field(() => LenientFloat, { nullable: true, description: 'How much the editors lift it, 0–1.' })
  editorialBoost?: number | null;

  @Field(() => LenientString, { nullable: true, description: 'The event that it belongs to.' })
  eventKey?: string | null;

  @Field(() => LenientString, { nullable: true, description: 'Where it comes from.' })
  source?: string | null;

  @Field(() => [LenientString], {
    nullable: 'itemsAndList',
    description: 'ISO 3166-1 alpha-2 codes, in any case.',
  })
  blockedCountries?: (string | null)[] | null;
}

export const UpsertOutcome = {
  CREATED: 'CREATED',
  UPDATED: 'UPDATED',
  UNCHANGED: 'UNCHANGED',
  REJECTED: 'REJECTED',
} as const;

registerEnumType(UpsertOutcome, {
  name: 'UpsertOutcome',
  description: 'What became of a market.',
  valuesConfig: {
    CREATED: { description: 'It is new.' },
    UPDATED: { description: 'Something of it changed.' },
    UNCHANGED: { description: 'It was like this already.' },
    REJECTED: { description: 'It is not valid; nothing of it was stored.' },
  },
});

@ObjectType('UpsertMarketResult', { simpleResolvers: true, description: 'What became of one market.' })
export class UpsertMarketResultType {
  @Field(() => ID, { description: 'The id that was given.' })
  id!: string;

  @Field(() => UpsertOutcome, { description: 'What became of it.' })
  outcome!: keyof typeof UpsertOutcome;

  @Field(() => String, { nullable: true, description: 'Why it was rejected, naming the field.' })
  reason?: string;

  @Field(() => [String], {
    description:
      'One sentence for each invalid field that was repaired (a long title is shortened) or dropped (the stored ' +
      'value stays). Empty when every field was valid.',
  })
  repairs!: readonly string[];
}
