import { DateTimeISOResolver } from 'graphql-scalars';
import { Field, Float, Int, ObjectType } from 'type-graphql';

@ObjectType('MarketHistoryPoint', { simpleResolvers: true, description: 'How a market stood at an instant.' })
export class MarketHistoryPointType {
  @Field(() => DateTimeISOResolver, { description: 'The instant.' })
  at!: Date;

  @Field(() => Float, {
    nullable: true,
    description: '0–1; null while unknown, and for a market with several answers.',
  })
  probability!: number | null;

  @Field(() => Float, { description: "Volume of the 24 hours before, in the site's own unit." })
  volume24h!: number;

  @Field(() => Int, { description: 'How many people had traded it.' })
  participantCount!: number;
}
