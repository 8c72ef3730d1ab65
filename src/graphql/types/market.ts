import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime } from './date-time.js';
import { PageInfoType } from './page-info.js';

export const MarketStatus = { OPEN: 'OPEN', CLOSED: 'CLOSED', RESOLVED: 'RESOLVED' } as const;

registerEnumType(MarketStatus, {
  name: 'MarketStatus',
  description: 'Lifecycle status of a market.',
  valuesConfig: {
    OPEN: { description: 'Open for trading.' },
    CLOSED: { description: 'Closed for trading, outcome not known yet.' },
    RESOLVED: { description: 'Outcome known.' },
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

  @Field(() => Float, { description: "Volume of the last 24 hours, in the site's unit." })
  volume24h!: number;

  @Field(() => Float, { description: "Volume since creation, in the site's unit." })
  volumeTotal!: number;

  @Field(() => Int, { description: 'Number of users who traded the market.' })
  participantCount!: number;

  @Field(() => String, { nullable: true, description: 'URL or path of the image. Null: none.' })
  imageUrl!: string | null;

  @Field(() => String, { nullable: true, description: "URL or path of the market's page. Null: none." })
  url!: string | null;

  @Field(() => MarketStatus, { description: 'Lifecycle status.' })
  status!: keyof typeof MarketStatus;

  @Field(() => DateTime, { description: 'Creation time.' })
  createdAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Scheduled resolution time. Null: unknown.',
  })
  resolvesAt!: Date | null;

  @Field(() => Float, { description: 'Editorial boost, 0–1.' })
  editorialBoost!: number;

  @Field(() => String, {
    nullable: true,
    description:
      'Key of the event that groups markets, such as the candidates of one election. Null: no event.',
  })
  eventKey!: string | null;

  @Field(() => String, { nullable: true, description: 'Source of the import. Null: not imported.' })
  source!: string | null;

  @Field(() => [String], {
    description: 'Countries in which the market must not be shown, ISO 3166-1 alpha-2.',
  })
  blockedCountries!: string[];
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

  @Field(() => Float, { description: "Volume of the preceding 24 hours, in the site's unit." })
  volume24h!: number;

  @Field(() => Int, { description: 'Number of users who had traded the market.' })
  participantCount!: number;
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
  @Field(() => [MarketEdgeType], { description: 'Markets of the page.' })
  edges!: MarketEdgeType[];

  @Field(() => PageInfoType, { description: 'Cursors and the neighboring pages.' })
  pageInfo!: PageInfoType;
}

@InputType({ description: 'Conditions for a list of markets. An omitted or null field sets no condition.' })
export class MarketFilterInput {
  @Field(() => String, { nullable: true, description: 'Category, case-insensitive.' })
  category?: string | null;

  @Field(() => String, { nullable: true, description: 'Tag, case-insensitive.' })
  tag?: string | null;

  @Field(() => MarketStatus, { nullable: true, description: 'Lifecycle status.' })
  status?: keyof typeof MarketStatus | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Search words, at most 8 distinct ones in 200 characters. Each must begin a word of the title or description, in any case and Unicode form. A text without letters and digits finds nothing.',
  })
  text?: string | null;
}
