import { Field, Float, ObjectType } from 'type-graphql';
import { SCORE_COMPONENTS } from '../../scoring/score-parts.js';

const part = (description: string): { nullable: true; description: string } => ({
  nullable: true,
  description,
});

@ObjectType('ScoreParts', {
  simpleResolvers: true,
  description: 'Every part of a score before its weight; null where the algorithm has no such part.',
})
export class ScorePartsType {
  @Field(() => Float, { description: 'The whole: what the ranking is ordered by.' })
  final!: number;

  @Field(() => Float, part('The weighted sum of the personal parts; null when the ranking is not personal.'))
  personal!: number | null;

  @Field(() => Float, part("The trend in the caller's country, 0–1; null when it is not in use."))
  trendingLocal!: number | null;

  @Field(() => Float, part('The trend over everyone, 0–1.'))
  trendingGlobal!: number | null;

  @Field(() => Float, part('The factor for having been shown already, 0–1.'))
  discount!: number | null;
}

for (const { name, description } of SCORE_COMPONENTS) {
  Field(() => Float, { nullable: true, description })(ScorePartsType.prototype, name);
}
