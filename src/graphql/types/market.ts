import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { MARKET_STATUSES, ORDER_FIELDS } from '../../domain/market.js';
import { SemanticNonNull } from '../directives.js';
import { DateTime } from './date-time.js';
import { enumOf } from './enum-of.js';
import { PageInfoType } from './page-info.js';

export const MarketStatus = enumOf(MARKET_STATUSES);

registerEnumType(MarketStatus, {
  name: 'MarketStatus',
  description: 'Lifecycle status of a market. Feeds, `trending`, and `rising` have only OPEN markets.',
  valuesConfig: {
    OPEN: { description: 'Open for trading.' },
    PAUSED: { description: 'Trading is halted for now. The market returns to feeds when it is OPEN again.' },
    CLOSED: { description: 'Trading has ended; the outcome is not known yet.' },
    RESOLVED: { description: 'The outcome is known.' },
    CANCELLED: { description: 'Ended without an outcome.' },
  },
});

@ObjectType('Market', {
  simpleResolvers: true,
  description: 'Question with a probability, traded until it resolves.',
})
export class MarketType {
  @Field(() => ID, { description: 'Id of the market, assigned by the site.' })
  id!: string;

  @Field(() => String, { description: 'Question.' })
  title!: string;

  @Field(() => String, { description: 'Main topic; "Other" if the site gives none.' })
  category!: string;

  @Field(() => [String], { description: 'Further topics, in the order given by the site.' })
  tags!: string[];

  @Field(() => Float, {
    nullable: true,
    description: 'Probability, 0–1. Null: unknown, or more than two outcomes.',
  })
  probability!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Volume of the last 24 hours, in `volumeUnit`. Null: unknown.',
  })
  volume24h!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Volume since creation, in `volumeUnit`. Null: unknown.',
  })
  volumeTotal!: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Unit of the volumes as given by the site, such as "USD", at most 16 characters. Null: unknown.',
  })
  volumeUnit!: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Number of users who traded the market. Null: unknown.',
  })
  participantCount!: number | null;

  @Field(() => String, { nullable: true, description: 'URL or path of the image. Null: none.' })
  imageUrl!: string | null;

  @Field(() => String, { nullable: true, description: "URL or path of the market's page. Null: none." })
  url!: string | null;

  @Field(() => MarketStatus, { description: 'Lifecycle status.' })
  status!: keyof typeof MarketStatus;

  @Field(() => DateTime, { description: 'Creation time.' })
  createdAt!: Date;

  @Field(() => DateTime, {
    description:
      'Time of the last stored change of any field. An update that repeats the stored values is not a change.',
  })
  updatedAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time at which trading ends or ended. Null: unknown.',
  })
  closesAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time at which the outcome is expected. Null: unknown.',
  })
  resolvesAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Time at which the market became RESOLVED or CANCELLED. Null: it has neither status, or the time is unknown.',
  })
  resolvedAt!: Date | null;

  @Field(() => Float, { nullable: true, description: 'Editorial boost, 0–1, a component of the ranking.' })
  @SemanticNonNull()
  editorialBoost!: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Key of the event that groups markets, such as the candidates of one election. Null: no event.',
  })
  eventKey!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the source of the market, such as "polymarket". Null: none was given.',
  })
  source!: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Countries in which the market must not be shown, ISO 3166-1 alpha-2. Empty: none.',
  })
  @SemanticNonNull()
  blockedCountries!: string[] | null;
}

@ObjectType('MarketHistoryPoint', {
  simpleResolvers: true,
  description: 'State of a market at a past instant.',
})
export class MarketHistoryPointType {
  @Field(() => DateTime, { description: 'Time of the state.' })
  at!: Date;

  @Field(() => Float, {
    nullable: true,
    description: 'Probability, 0–1. Null: unknown, or more than two outcomes.',
  })
  probability!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Volume of the preceding 24 hours, in `volumeUnit` of the market. Null: unknown.',
  })
  volume24h!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Number of users who had traded the market. Null: unknown.',
  })
  participantCount!: number | null;
}

@ObjectType('MarketEdge', { simpleResolvers: true, description: 'Market with its cursor in a list.' })
export class MarketEdgeType {
  @Field(() => String, { description: 'Cursor: as `after`, continues the list behind this market.' })
  cursor!: string;

  @Field(() => MarketType, { description: 'The market.' })
  node!: MarketType;
}

@ObjectType('MarketConnection', { simpleResolvers: true, description: 'Page of a list of markets.' })
export class MarketConnectionType {
  @Field(() => [MarketEdgeType], { description: 'Markets of the page with their cursors.' })
  edges!: MarketEdgeType[];

  @Field(() => [MarketType], { description: 'Markets of the page.' })
  nodes!: MarketType[];

  @Field(() => PageInfoType, { description: 'Cursors and the neighboring pages.' })
  pageInfo!: PageInfoType;
}

@InputType({
  description:
    'Conditions for a list of markets, all of which must hold. An omitted or null field sets no condition; an empty list matches no market.',
})
export class MarketFilterInput {
  @Field(() => [String], {
    nullable: true,
    description: 'One of these categories, case-insensitive. At most 20 of up to 100 characters.',
  })
  categories?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'At least one of these tags, case-insensitive. At most 20 of up to 100 characters.',
  })
  tags?: string[] | null;

  @Field(() => [MarketStatus], { nullable: true, description: 'One of these statuses, at most 20.' })
  statuses?: (keyof typeof MarketStatus)[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'Key of the event of the market, at most 256 characters.',
  })
  eventKey?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Country, ISO 3166-1 alpha-2, in any case: only markets that are not blocked in it. Null: blocked markets are listed too.',
  })
  country?: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      '`closesAt`, or without it `resolvesAt`, is before this time. Markets with neither are left out.',
  })
  closesBefore?: Date | null;

  @Field(() => String, {
    nullable: true,
    deprecationReason: 'A field for searching will replace it. There is none yet, so use it until then.',
    description:
      'Search words, at most 8 distinct ones in 200 characters. Each must begin a word of the title or description, in any case and Unicode form. A text without letters and digits finds nothing.',
  })
  text?: string | null;
}

const MarketOrderField = enumOf(ORDER_FIELDS);

registerEnumType(MarketOrderField, {
  name: 'MarketOrderField',
  description: 'Value by which a list of markets is ordered. Markets with the same value are ordered by id.',
  valuesConfig: {
    CREATED_AT: { description: 'Creation time.' },
    CLOSES_AT: {
      description: '`closesAt`, or without it `resolvesAt`. A market with neither counts as the latest.',
    },
  },
});

const OrderDirection = enumOf(['ASC', 'DESC']);

registerEnumType(OrderDirection, {
  name: 'OrderDirection',
  description: 'Direction of an order.',
  valuesConfig: {
    ASC: { description: 'Smallest or earliest first.' },
    DESC: { description: 'Largest or latest first.' },
  },
});

@InputType({ description: 'Order of a list of markets.' })
export class MarketOrderInput {
  @Field(() => MarketOrderField, { description: 'Value to order by.' })
  field!: keyof typeof MarketOrderField;

  @Field(() => OrderDirection, {
    nullable: true,
    defaultValue: OrderDirection.DESC,
    description: 'Direction.',
  })
  direction?: keyof typeof OrderDirection | null;
}
