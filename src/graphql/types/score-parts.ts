import { Field, Float, ObjectType } from 'type-graphql';

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

  @Field(() => Float, part("The person's taste for its topics, at most 1."))
  interest!: number | null;

  @Field(() => Float, part('Likeness to what the person engaged with lately, 0–1.'))
  similarity!: number | null;

  @Field(() => Float, part('Whether the person engaged with another market of its event, 0–1.'))
  continuity!: number | null;

  @Field(() => Float, part('How long the person looks at markets of its category, 0–1.'))
  depth!: number | null;

  @Field(() => Float, part('How new it is, 0–1.'))
  freshness!: number | null;

  @Field(() => Float, part("How far its odds moved since the person's last view, 0–1."))
  followup!: number | null;

  @Field(() => Float, part('How close it is to resolving, 0–1.'))
  closing!: number | null;

  @Field(() => Float, part("The person's dislike of its topics, 0–1; subtracted."))
  negative!: number | null;

  @Field(() => Float, part('How much of what the person saw lately is of its category, 0–1; subtracted.'))
  diversity!: number | null;

  @Field(() => Float, part('The blend of local and global trend, 0–1.'))
  trending!: number | null;

  @Field(() => Float, part("The trend in the caller's country, 0–1; null when it is not in use."))
  trendingLocal!: number | null;

  @Field(() => Float, part('The trend over everyone, 0–1.'))
  trendingGlobal!: number | null;

  @Field(() => Float, part('How far its odds moved within 24 hours, 0–1.'))
  rising!: number | null;

  @Field(() => Float, part("The editors' boost, 0–1."))
  editorial!: number | null;

  @Field(() => Float, part('What it gains as news, 0–0.8.'))
  news!: number | null;

  @Field(() => Float, part('What it gains as a match of the coming days, 0 or 0.5.'))
  sports!: number | null;

  @Field(() => Float, part('The factor for having been shown already, 0–1.'))
  discount!: number | null;

  @Field(() => Float, part('What people of like taste make of it, 0–1.'))
  collaborative!: number | null;
}
