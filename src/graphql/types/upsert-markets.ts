import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { UPSERT_STATUSES, type UpsertStatus } from '../../catalog/market-writer.js';
import { enumOf } from './enum-of.js';
import { InputProblemType } from './input-problem.js';
import {
  LenientDateTime,
  LenientFloat,
  LenientID,
  LenientInt,
  LenientMarketStatus,
  LenientString,
} from './lenient-scalars.js';
import { MarketType, type MarketStatus } from './market.js';

@InputType({
  description:
    'Fields of one market to create or update. Omitted fields keep their value; null clears a field. Each market is validated separately: an invalid one is REJECTED with a `problem`, and so is null in place of a market. A field that does not exist rejects the whole request.',
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

  @Field(() => LenientFloat, {
    nullable: true,
    description: 'Volume of the last 24 hours, 0–1e15, in `volumeUnit`. Null: unknown, which ranks as 0.',
  })
  volume24h?: number | null;

  @Field(() => LenientFloat, {
    nullable: true,
    description: 'Volume since creation, 0–1e15, in `volumeUnit`. Null: unknown, which ranks as 0.',
  })
  volumeTotal?: number | null;

  @Field(() => LenientString, {
    nullable: true,
    description: 'Unit of the volumes, such as "USD", 1–16 characters. Null: unknown.',
  })
  volumeUnit?: string | null;

  @Field(() => LenientInt, {
    nullable: true,
    description: 'Number of users who traded the market, 0 or more. Null: unknown.',
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
    description:
      'Time at which trading ends or ended. From then on, the market leaves feeds unless it is reported as OPEN. Null: unknown; `resolvesAt` counts instead.',
  })
  closesAt?: string | null;

  @Field(() => LenientDateTime, {
    nullable: true,
    description: 'Time at which the outcome is expected. Null: unknown.',
  })
  resolvesAt?: string | null;

  @Field(() => LenientDateTime, {
    nullable: true,
    description:
      'Time at which the market became RESOLVED or CANCELLED; ignored with another status. Default when a stored market becomes one of them: now. Null: unknown.',
  })
  resolvedAt?: string | null;

  @Field(() => LenientDateTime, {
    nullable: true,
    description:
      'Time at which the site read these values. If it is earlier than the last stored one, the input is late and does not change `probability`, `volume24h`, `volumeTotal`, `participantCount`, `status`, and `resolvedAt`. A future time counts as now. Null or omitted: never late, and if one of these fields changes, the stored time becomes the current time.',
  })
  asOf?: string | null;

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

@InputType({ description: 'Markets to create or update.' })
export class UpsertMarketsInput {
  @Field(() => [MarketInput], {
    nullable: 'items',
    description:
      'Markets, at most 1,000. If an id occurs twice, the second entry applies to the result of the first.',
  })
  markets!: (MarketInput | null)[];
}

const UpsertStatusEnum = enumOf(UPSERT_STATUSES);

registerEnumType(UpsertStatusEnum, {
  name: 'UpsertStatus',
  description: 'Result of creating or updating a market.',
  valuesConfig: {
    CREATED: { description: 'New market stored.' },
    UPDATED: { description: 'Stored market changed.' },
    UNCHANGED: { description: 'Stored market already had these values, or the input was late (`asOf`).' },
    REJECTED: { description: 'Invalid and not stored.' },
  },
});

@ObjectType('UpsertedMarket', {
  simpleResolvers: true,
  description: 'Result of creating or updating one market.',
})
export class UpsertedMarketType {
  @Field(() => Int, { description: 'Index of the market in the input list, from 0.' })
  index!: number;

  @Field(() => ID, { description: 'Id from the input. Empty: the input has none.' })
  id!: string;

  @Field(() => UpsertStatusEnum, { description: 'Result for the market.' })
  status!: UpsertStatus;

  @Field(() => MarketType, {
    nullable: true,
    description: 'The market as stored after this input. Null: REJECTED.',
  })
  market!: MarketType | null;

  @Field(() => InputProblemType, {
    nullable: true,
    description: 'Reason for the rejection; its message names every invalid field. Null: not REJECTED.',
  })
  problem!: InputProblemType | null;

  @Field(() => [String], {
    description:
      'One sentence for each invalid field that was repaired (a long title is shortened) or dropped (the stored ' +
      'value stays). Empty: every field was valid.',
  })
  repairs!: readonly string[];
}

@ObjectType('UpsertMarketsPayload', {
  simpleResolvers: true,
  description: 'Results of creating or updating markets.',
})
export class UpsertMarketsPayloadType {
  @Field(() => [UpsertedMarketType], { description: 'One result per market, in the order of the input.' })
  results!: UpsertedMarketType[];
}
