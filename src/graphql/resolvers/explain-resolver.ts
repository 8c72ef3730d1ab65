import { JSONObjectResolver } from 'graphql-scalars';
import { Arg, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import type { Explanation } from '../../feed/explanation.js';
import type { Simulation } from '../../feed/explain-service.js';
import type { GraphQLContext } from '../context.js';
import { FeedExplanationType } from '../types/explanation.js';
import { FeedSimulationType } from '../types/simulation.js';
import { countryArg, limitArg, userKeyArg } from './feed-args.js';

@Resolver()
export class ExplainResolver {
  @Query(() => FeedExplanationType, {
    description:
      'Why a feed is as it is: what each stage left out, every part of every score, and whether making it again gives the same. For staff.',
  })
  explainFeed(
    @Ctx() { services, loaders }: GraphQLContext,
    @Arg('feedId', () => ID, { description: 'The `id` of the feed.' }) feedId: string,
  ): Promise<Explanation> {
    return services.explain.explain({ feedId }, loaders.profile);
  }

  @Query(() => FeedSimulationType, {
    description: 'The feed of a person now beside the one that another config would give. For staff.',
  })
  simulateFeed(
    @Ctx() { services, loaders }: GraphQLContext,
    @Arg('userKey', () => String, userKeyArg) userKey: string | null,
    @Arg('country', () => String, countryArg) country: string | null,
    @Arg('limit', () => Int, limitArg) limit: number,
    @Arg('config', () => JSONObjectResolver, {
      description: 'The values of the ranking config that differ, as in its file.',
    })
    config: Record<string, unknown>,
  ): Promise<Simulation> {
    const request = { userKey, country, limit, config };
    return services.explain.simulate(request, loaders.profile);
  }
}
