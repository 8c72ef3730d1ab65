import { Field, Float, ObjectType, registerEnumType } from 'type-graphql';
import { SCORE_COMPONENTS, type ComponentName } from '../../scoring/score-parts.js';

const HIDDEN = 'Null: the caller is no service and no staff.';

export const FINAL_SCORE = `Final score. ${HIDDEN}`;

export const SCORE_PARTS = `Components of the score. ${HIDDEN}`;

/** The score components by the name that the API gives them, such as INTEREST. */
export const ScorePartEnum = Object.fromEntries(
  SCORE_COMPONENTS.map(({ name }) => [name.toUpperCase(), name]),
) as Readonly<Record<Uppercase<ComponentName>, ComponentName>>;

registerEnumType(ScorePartEnum, {
  name: 'ScorePart',
  description: 'Score component. Its value is the field of `ScoreParts` with the same name in lower case.',
  valuesConfig: Object.fromEntries(
    SCORE_COMPONENTS.map(({ name, description }) => [name.toUpperCase(), { description }]),
  ),
});

@ObjectType('ScoreParts', {
  simpleResolvers: true,
  description:
    'Score components before their weights. Null: the algorithm does not have the component, or it is personal and the ranking is not personalized.',
})
export class ScorePartsType {
  @Field(() => Float, { description: 'Final score, which orders the ranking.' })
  final!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Weighted sum of the personal components. Null: not personalized.',
  })
  personal!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Trending in the country of the request, 0–1. Null: no country, or too few active users in it.',
  })
  trendingLocal!: number | null;

  @Field(() => Float, { nullable: true, description: 'Trending over all users, 0–1.' })
  trendingGlobal!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Factor for impressions and engagement, 0–1; multiplies the positive components.',
  })
  discount!: number | null;
}

for (const { name, description } of SCORE_COMPONENTS) {
  Field(() => Float, { nullable: true, description })(ScorePartsType.prototype, name);
}
