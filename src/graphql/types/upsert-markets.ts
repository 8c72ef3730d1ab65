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
    'Fields of one market to create or update. Omitted fields keep their value; null clears a field. Each market is validated separately: an invalid one is REJECTED with `reason`, and so is null in place of a market. A field that does not exist rejects the whole request.',
})
export class MarketInput {
  @Field(() => LenientID, { nullable: true, description: 'Required. Id of the market, 1–128 characters.' })
  id?: string | null;

  @Field(() => LenientString, {
    nullable: true,
    description:
      'Question, 1–500 characters, without control characters. Required for a new market; null does not clear it.',
  })
  title?: string | null;

  @Field(() => LenientString, {
    nullable: true,
    description: 'Background and resolution rules. Null: none.',
  })
  description?: string | null;

  @Field(() => LenientString, {
    nullable: true,
    description: 'Main topic, 1–100 characters. Null: "Other".',
  })
  category?: string | null;

  @Field(() => [LenientString], {
    nullable: 'itemsAndList',
    description: 'Further topics, at most 64 of 1–100 characters. Null: none.',
  })
  tags?: (string | null)[] | null;

  @Field(() => LenientFloat, { nullable: true, description: 'Probability, 0–1. Null: unknown.' })
  probability?: number | null;

  @Field(() => LenientFloat, { nullable: true, description: 'Volume of the last 24 hours, 0–1e15. Null: 0.' })
  volume24h?: number | null;

  @Field(() => LenientFloat, { nullable: true, description: 'Volume since creation, 0–1e15. Null: 0.' })
  volumeTotal?: number | null;

  @Field(() => LenientInt, {
    nullable: true,
    description: 'Number of users who traded the market, 0 or more. Null: 0.',
  })
  participantCount?: number | null;

  @Field(() => LenientString, {
    nullable: true,
    description: 'Image: an http(s) URL, or a path that begins with a slash. Null: none.',
  })
  imageUrl?: string | null;

  @Field(() => LenientString, {
    nullable: true,
    description: "The market's page: an http(s) URL, or a path that begins with a slash. Null: none.",
  })
  url?: string | null;

  @Field(() => LenientMarketStatus, {
    nullable: true,
    description: 'Lifecycle status. Default for a new market, and null: OPEN.',
  })
  status?: keyof typeof MarketStatus | null;

  @Field(() => LenientDateTime, {
    nullable: true,
    description: 'Creation time. Default for a new market, and null: now.',
  })
  createdAt?: string | null;

  @Field(() => LenientDateTime, {
    nullable: true,
    description: 'Scheduled resolution time. Null: unknown.',
  })
  resolvesAt?: string | null;

  @Field(() => LenientString, { nullable: true, description: 'Text by the editors. Null: none.' })
  editorialDescription?: string | null;

  @Field(() => LenientFloat, { nullable: true, description: 'Editorial boost, 0–1. Null: 0.' })
  editorialBoost?: number | null;

  @Field(() => LenientString, {
    nullable: true,
    description: 'Key of the event that groups markets. Null: no event.',
  })
  eventKey?: string | null;

  @Field(() => LenientString, { nullable: true, description: 'Source of the market. Null: none.' })
  source?: string | null;

  @Field(() => [LenientString], {
    nullable: 'itemsAndList',
    description:
      'Countries in which the market must not be shown, ISO 3166-1 alpha-2, in any case. Null: none.',
  })
  blockedCountries?: (string | null)[] | null;
}

const UpsertOutcome = {
  CREATED: 'CREATED',
  UPDATED: 'UPDATED',
  UNCHANGED: 'UNCHANGED',
  REJECTED: 'REJECTED',
} as const;

registerEnumType(UpsertOutcome, {
  name: 'UpsertOutcome',
  description: 'Outcome of creating or updating a market.',
  valuesConfig: {
    CREATED: { description: 'New market stored.' },
    UPDATED: { description: 'Stored market changed.' },
    UNCHANGED: { description: 'Stored market already had these values.' },
    REJECTED: { description: 'Invalid and not stored.' },
  },
});

@ObjectType('UpsertMarketResult', {
  simpleResolvers: true,
  description: 'Result of creating or updating one market.',
})
export class UpsertMarketResultType {
  @Field(() => ID, { description: 'Id from the input.' })
  id!: string;

  @Field(() => UpsertOutcome, { description: 'Outcome for the market.' })
  outcome!: keyof typeof UpsertOutcome;

  @Field(() => String, {
    nullable: true,
    description: 'Reason for the rejection, naming the field. Null: not rejected.',
  })
  reason?: string;

  @Field(() => [String], {
    description:
      'One sentence for each invalid field that was repaired (a long title is shortened) or dropped (the stored ' +
      'value stays). Empty: every field was valid.',
  })
  repairs!: readonly string[];
}
