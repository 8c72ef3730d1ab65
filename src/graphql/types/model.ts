import { Field, Float, Int, ObjectType } from 'type-graphql';
import { DateTime } from './date-time.js';

@ObjectType('ModelWeight', { simpleResolvers: true, description: 'Weight of a ranking model.' })
export class ModelWeightType {
  @Field(() => String, {
    description:
      '`v2`: factor of the configured weights of the components that are not learned by themselves. Else the name of a score component.',
  })
  name!: string;

  @Field(() => Float, { description: 'Learned weight, on the scale of the score; 0 or more.' })
  learned!: number;

  @Field(() => Float, { description: 'Weight by the ranking config; 1 for `v2`.' })
  byDefault!: number;
}

@ObjectType('RankingModel', {
  simpleResolvers: true,
  description: 'Version of the ranking model, which learns from the choices of all users.',
})
export class RankingModelType {
  @Field(() => Int, { description: 'Version, from 1; grows with each publication.' })
  version!: number;

  @Field(() => DateTime, { description: 'Time of publication.' })
  publishedAt!: Date;

  @Field(() => Float, { description: 'Number of choices that the learner has seen: a whole number.' })
  choices!: number;

  @Field(() => Boolean, {
    description:
      'Whether the learned weights predict choices better, so that feeds use them. False: feeds use the weights of the config.',
  })
  trusted!: boolean;

  @Field(() => Float, {
    description:
      'Mean gain of the learned over the default weights: difference of the square roots of the probability of a choice, −1 to 1.',
  })
  gain!: number;

  @Field(() => Float, { nullable: true, description: 'Standard error of `gain`. Null: no choices yet.' })
  gainError!: number | null;

  @Field(() => [ModelWeightType], { description: 'Weights.' })
  weights!: ModelWeightType[];
}
