import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';
import type { AudienceInsights } from '../../privacy/audience-insights.js';
import type { GraphQLContext } from '../context.js';
import { SemanticNonNull } from '../directives.js';
import { AudienceInsightsType } from '../types/audience.js';
import { TopicKind } from '../types/topic.js';
import { countArg } from './common-arguments.js';

@Resolver()
export class AudienceResolver {
  @Query(() => AudienceInsightsType, {
    nullable: true,
    description:
      'Returns the number of users by topic, country, and day, with differential privacy. The first request for the cells of a day spends a part of the privacy budget of that day; its result is stored and returned to all others.',
  })
  @SemanticNonNull()
  audienceInsights(
    @Ctx() { services }: GraphQLContext,
    @Arg('day', () => String, {
      description: 'UTC day of the events, such as "2026-06-15". It must be over.',
    })
    day: string,
    @Arg('kind', () => TopicKind, { description: 'Kind of the topics.' }) kind: keyof typeof TopicKind,
    @Arg('byCountry', () => Boolean, {
      nullable: true,
      defaultValue: true,
      description:
        'Whether each pair of a topic and a country is a cell, or each topic. Null: true. Both are released separately.',
    })
    byCountry: boolean | null,
    @Arg('country', () => String, {
      nullable: true,
      description:
        'Country, ISO 3166-1 alpha-2, in any case: returns its cells only. Requires `byCountry`. Null: all.',
    })
    country: string | null,
    @Arg('limit', () => Int, countArg('Number of cells')) limit: number | null,
  ): Promise<AudienceInsights> {
    return services.audience.find({ day, kind, byCountry, country, limit });
  }
}
