import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import { aliasUseOf, requestedUser, requiredUser } from '../../auth/viewer.js';
import type { Feed } from '../../feed/feed.js';
import { checkInput } from '../../lib/input/check-input.js';
import { userKeySchema } from '../../lib/input/text-schemas.js';
import type { User, UserProfile } from '../../profiles/profile-service.js';
import { SemanticNonNull } from '../directives.js';
import type { GraphQLContext } from '../context.js';
import { FeedType } from '../types/feed.js';
import { OWN_USER, UserProfileType, UserType } from '../types/user-profile.js';
import { countArg, countryArg } from './common-arguments.js';

@Resolver(() => UserType)
export class ProfileResolver {
  @Query(() => UserProfileType, {
    nullable: true,
    description: 'Returns the profile of a user; a profile of zeros for an unknown user.',
  })
  @SemanticNonNull()
  userProfile(
    @Ctx() context: GraphQLContext,
    @Arg('userKey', () => String, { nullable: true, description: OWN_USER }) userKey: string | null,
  ): Promise<UserProfile> {
    return profileOf(checkedKey(requiredUser(context.viewer, userKey)), context);
  }

  @Query(() => UserType, {
    nullable: true,
    description: 'Returns the user of the client token. Null: the request has no client token.',
  })
  viewer(@Ctx() { services, viewer }: GraphQLContext): User | null {
    return viewer.role === 'CLIENT' ? services.profiles.user(viewer.userKey) : null;
  }

  @Query(() => UserType, { nullable: true, description: 'Returns a user of the site, known or not.' })
  @SemanticNonNull()
  user(
    @Ctx() { services, viewer }: GraphQLContext,
    @Arg('userKey', () => String, { description: 'Key of the user, 1–128 characters.' }) userKey: string,
  ): User {
    return services.profiles.user(checkedKey(requestedUser(viewer, userKey)));
  }

  @FieldResolver(() => UserProfileType, {
    nullable: true,
    description: 'Profile of the user; a profile of zeros for an unknown user.',
  })
  @SemanticNonNull()
  profile(@Root() { userKey }: User, @Ctx() context: GraphQLContext): Promise<UserProfile> {
    return profileOf(userKey, context);
  }

  @FieldResolver(() => FeedType, { nullable: true, description: 'First page of the feed of the user.' })
  @SemanticNonNull()
  feed(
    @Root() { userKey }: User,
    @Ctx() { services, viewer, country: proxyCountry }: GraphQLContext,
    @Arg('country', () => String, countryArg) country: string | null,
    @Arg('limit', () => Int, countArg('Number of items')) limit: number | null,
  ): Promise<Feed> {
    return services.feed.feed(
      { userKey, country: country ?? proxyCountry, limit, algorithm: null },
      aliasUseOf(viewer),
    );
  }
}

function checkedKey(userKey: string): string {
  return checkInput(userKeySchema, userKey, 'userKey');
}

async function profileOf(userKey: string, { services, loaders }: GraphQLContext): Promise<UserProfile> {
  return services.profiles.view(await loaders.profile.load(userKey));
}
