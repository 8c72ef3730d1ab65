import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';
import type { Rising, Trending } from '../../feed/trending-service.js';
import { SemanticNonNull } from '../directives.js';
import type { GraphQLContext } from '../context.js';
import { RisingType, TrendingType } from '../types/trends.js';
import { countArg } from './common-arguments.js';

const limitArg = countArg('Number of markets');

@Resolver()
export class TrendingResolver {
  @Query(() => TrendingType, {
    nullable: true,
    description: 'Returns the trending markets of a country or of all users.',
  })
  @SemanticNonNull()
  trending(
    @Ctx() { services, country: proxyCountry }: GraphQLContext,
    @Arg('country', () => String, {
      nullable: true,
      description:
        "Country, ISO 3166-1 alpha-2, in any case. Null: the trusted proxy's header. With too few active users in it, the scope is GLOBAL.",
    })
    country: string | null,
    @Arg('limit', () => Int, limitArg) limit: number | null,
  ): Trending {
    return services.trending.trending({ country: country ?? proxyCountry, limit });
  }

  @Query(() => RisingType, {
    nullable: true,
    description:
      'Returns the open markets with the largest probability changes within 24 hours, weighted by volume, largest first.',
  })
  @SemanticNonNull()
  rising(
    @Ctx() { services, country: proxyCountry }: GraphQLContext,
    @Arg('country', () => String, {
      nullable: true,
      description:
        "Country, ISO 3166-1 alpha-2, in any case; excludes the markets blocked in it. Null: the trusted proxy's header.",
    })
    country: string | null,
    @Arg('limit', () => Int, limitArg) limit: number | null,
  ): Rising {
    return services.trending.rising({ country: country ?? proxyCountry, limit });
  }
}
