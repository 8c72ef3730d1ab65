import { DateTimeISOResolver } from 'graphql-scalars';
import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { MarketStatus } from './market.js';

@InputType({
  description: 'A market as the site knows it. What is left out keeps its value; null takes it away.',
})
export class MarketInput {
  @Field(() => ID, { description: "The site's own id, 1–128 characters." })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The question, 1–500 characters, without control characters. Needed only for a new market; null does not clear it.',
  })
  title?: string | null;

  @Field(() => String, { nullable: true, description: 'Background and rules of resolution.' })
  description?: string | null;

  @Field(() => String, { nullable: true, description: 'The one topic it is filed under, 1–100 characters.' })
  category?: string | null;

  @Field(() => [String], { nullable: true, description: 'Further topics, at most 64 of 1–100 characters.' })
  tags?: string[] | null;

  @Field(() => Float, { nullable: true, description: '0–1.' })
  probability?: number | null;

  @Field(() => Float, { nullable: true, description: 'Volume of the last 24 hours, 0 or more.' })
  volume24h?: number | null;

  @Field(() => Float, { nullable: true, description: 'Volume since the beginning, 0 or more.' })
  volumeTotal?: number | null;

  @Field(() => Int, { nullable: true, description: 'How many people traded it, 0 or more.' })
  participantCount?: number | null;

  @Field(() => String, { nullable: true, description: 'An http(s) URL, or a path that begins with a slash.' })
  imageUrl?: string | null;

  @Field(() => String, { nullable: true, description: 'An http(s) URL, or a path that begins with a slash.' })
  url?: string | null;

  @Field(() => MarketStatus, { nullable: true, description: 'OPEN when new and not said.' })
  status?: keyof typeof MarketStatus | null;

  @Field(() => DateTimeISOResolver, { nullable: true, description: 'Now when new and not said.' })
  createdAt?: Date | null;

  @Field(() => DateTimeISOResolver, { nullable: true, description: 'When it is due to resolve.' })
  resolvesAt?: Date | null;

  @Field(() => String, { nullable: true, description: "The editors' own words about it." })
  editorialDescription?: string | null;

  @Field(() => Float, { nullable: true, description: 'How much the editors lift it, 0–1.' })
  editorialBoost?: number | null;

  @Field(() => String, { nullable: true, description: 'The event that it belongs to.' })
  eventKey?: string | null;

  @Field(() => String, { nullable: true, description: 'Where it comes from.' })
  source?: string | null;

  @Field(() => [String], { nullable: true, description: 'ISO 3166-1 alpha-2 codes, in any case.' })
  blockedCountries?: string[] | null;
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
