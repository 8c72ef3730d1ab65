import { Field, ID, Int, ObjectType } from 'type-graphql';
import { FeedItemType } from './feed-item.js';

@ObjectType('RankChange', {
  simpleResolvers: true,
  description: 'How the place of a market changes under another config.',
})
export class RankChangeType {
  @Field(() => ID, { description: 'The market.' })
  marketId!: string;

  @Field(() => String, { description: 'Its title.' })
  title!: string;

  @Field(() => Int, { nullable: true, description: 'Its place now; null: not on the page.' })
  rankBefore!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Its place under the other config; null: not on the page.',
  })
  rankAfter!: number | null;
}

@ObjectType('FeedSimulation', {
  simpleResolvers: true,
  description: 'A feed beside the one that another config would give.',
})
export class FeedSimulationType {
  @Field(() => String, { description: 'Names the ranking config in force.' })
  presentVersion!: string;

  @Field(() => String, { description: 'Names the changed one.' })
  simulatedVersion!: string;

  @Field(() => [FeedItemType], { description: 'The feed as it is, the hero first.' })
  present!: FeedItemType[];

  @Field(() => [FeedItemType], { description: 'The feed under the changed config, the hero first.' })
  simulated!: FeedItemType[];

  @Field(() => [RankChangeType], {
    description:
      'Of every market in one of them, by its place in the simulated feed; those that leave come last.',
  })
  changes!: RankChangeType[];
}
