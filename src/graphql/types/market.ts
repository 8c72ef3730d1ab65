import { DateTimeISOResolver } from 'graphql-scalars';
import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';

export const MarketStatus = { OPEN: 'OPEN', CLOSED: 'CLOSED', RESOLVED: 'RESOLVED' } as const;

registerEnumType(MarketStatus, {
  name: 'MarketStatus',
  description: 'Where a market stands.',
  valuesConfig: {
    OPEN: { description: 'Traded now.' },
    CLOSED: { description: 'No longer traded, the outcome not yet known.' },
    RESOLVED: { description: 'The outcome is known.' },
  },
});

@ObjectType('Market', {
  simpleResolvers: true,
  description: 'A question with a probability, traded until it resolves.',
})
export class MarketType {
  @Field(() => ID, { description: "The site's own id of the market." })
  id!: string;

  @Field(() => String, { description: 'The question.' })
  title!: string;

  @Field(() => String, { description: 'The one topic it is filed under; "Other" when the site names none.' })
  category!: string;

  @Field(() => [String], { description: 'Further topics, in the order given by the site.' })
  tags!: string[];

  @Field(() => Float, {
    nullable: true,
    description: '0–1; null when unknown, and for a market with several answers.',
  })
  probability!: number | null;

  @Field(() => Float, { description: "Volume of the last 24 hours, in the site's own unit." })
  volume24h!: number;

  @Field(() => Float, { description: "Volume since the beginning, in the site's own unit." })
  volumeTotal!: number;

  @Field(() => Int, { description: 'How many people traded it.' })
  participantCount!: number;

  @Field(() => String, { nullable: true, description: 'A picture to show it with.' })
  imageUrl!: string | null;

  @Field(() => String, { nullable: true, description: 'Its page.' })
  url!: string | null;

  @Field(() => MarketStatus, { description: 'Where it stands.' })
  status!: keyof typeof MarketStatus;

  @Field(() => DateTimeISOResolver, { description: 'When it was opened.' })
  createdAt!: Date;

  @Field(() => DateTimeISOResolver, { nullable: true, description: 'When it is due to resolve.' })
  resolvesAt!: Date | null;

  @Field(() => Float, { description: 'How much the editors lift it, 0–1.' })
  editorialBoost!: number;

  @Field(() => String, {
    nullable: true,
    description: 'Markets with the same key belong to one event, such as the candidates of one election.',
  })
  eventKey!: string | null;

  @Field(() => String, { nullable: true, description: 'Where it was imported from.' })
  source!: string | null;

  @Field(() => [String], { description: 'Countries whose visitors must not see it, ISO 3166-1 alpha-2.' })
  blockedCountries!: string[];
}
