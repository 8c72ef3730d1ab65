import { DateTimeISOResolver } from 'graphql-scalars';
import { Field, Float, Int, ObjectType } from 'type-graphql';

@ObjectType('MarketMomentum', { simpleResolvers: true, description: 'How a market moved lately.' })
export class MarketMomentumType {
  @Field(() => Int, { description: 'How often it was opened in the last 5 minutes.' })
  views5m!: number;

  @Field(() => Int, { description: 'How often it was opened in the last hour.' })
  views1h!: number;

  @Field(() => Int, { description: 'How often it was opened in the last 24 hours.' })
  views24h!: number;

  @Field(() => Int, { description: 'Trades in the last 5 minutes.' })
  participations5m!: number;

  @Field(() => Int, { description: 'Trades in the last hour.' })
  participations1h!: number;

  @Field(() => Int, { description: 'Trades in the last 24 hours.' })
  participations24h!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Probability less that of an hour ago, −1 to 1; null when either is not known.',
  })
  oddsChange1h!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Probability less that of a day ago, −1 to 1; null when either is not known.',
  })
  oddsChange24h!: number | null;

  @Field(() => Float, {
    description: 'volume24h by what it was a day ago; 1 when that is not known or was 0.',
  })
  volumeSpike!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'How many more people traded it than a day ago; null when that is not known.',
  })
  participantDelta24h!: number | null;

  @Field(() => DateTimeISOResolver, { description: 'As of when.' })
  computedAt!: Date;
}
