import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime } from './date-time.js';
import { enumOf } from './enum-of.js';
import { TopicKind, TopicType } from './topic.js';

const NoiseKind = enumOf(['LAPLACE', 'GAUSSIAN']);

registerEnumType(NoiseKind, {
  name: 'NoiseKind',
  description: 'Distribution of the noise of released numbers.',
  valuesConfig: {
    LAPLACE: { description: 'Discrete Laplace distribution.' },
    GAUSSIAN: { description: 'Discrete Gaussian distribution.' },
  },
});

@ObjectType('AudienceCell', {
  simpleResolvers: true,
  description: 'Number of users who engaged with a topic, with noise.',
})
export class AudienceCellType {
  @Field(() => TopicType, { description: 'Category or tag.' })
  topic!: TopicType;

  @Field(() => String, {
    nullable: true,
    description:
      'Country of the events, ISO 3166-1 alpha-2. Null: events without a country; all events without `byCountry`.',
  })
  country!: string | null;

  @Field(() => Int, {
    description: 'Number of users plus noise, at least `threshold` of the release.',
  })
  users!: number;
}

@ObjectType('AudienceInsights', {
  simpleResolvers: true,
  description:
    'Numbers of users by topic on one day, released once with differential privacy. A user counts in at most `cellsPerUser` cells, chosen at random.',
})
export class AudienceInsightsType {
  @Field(() => String, { description: 'UTC day of the events.' })
  day!: string;

  @Field(() => TopicKind, { description: 'Kind of the topics.' })
  kind!: keyof typeof TopicKind;

  @Field(() => Boolean, { description: 'Whether each pair of a topic and a country is a cell.' })
  byCountry!: boolean;

  @Field(() => [AudienceCellType], { description: 'Requested cells, most users first.' })
  cells!: AudienceCellType[];

  @Field(() => DateTime, { description: 'Time of the release.' })
  releasedAt!: Date;

  @Field(() => NoiseKind, { description: 'Distribution of the noise.' })
  noise!: keyof typeof NoiseKind;

  @Field(() => Float, { description: 'Standard deviation of the noise of a cell, in users.' })
  standardDeviation!: number;

  @Field(() => Int, { description: 'Cells with fewer users, after noise, are suppressed.' })
  threshold!: number;

  @Field(() => Int, { description: 'Maximum number of cells that one user counts in.' })
  cellsPerUser!: number;

  @Field(() => Float, { description: 'ε that the release spent.' })
  epsilon!: number;

  @Field(() => Float, { description: 'δ that the release spent.' })
  delta!: number;

  @Field(() => Float, { description: 'ε that further releases of the day may spend.' })
  epsilonLeft!: number;

  @Field(() => Float, { description: 'δ that further releases of the day may spend.' })
  deltaLeft!: number;
}
