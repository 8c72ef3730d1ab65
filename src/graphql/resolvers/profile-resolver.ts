import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { checkInput } from '../../lib/input/check-input.js';
import { userKeySchema } from '../../lib/input/user-key.js';
import type { UserProfile } from '../../profiles/profile-service.js';
import type { GraphQLContext } from '../context.js';
import { UserProfileType } from '../types/user-profile.js';

@Resolver()
export class ProfileResolver {
  @Query(() => UserProfileType, { description: 'What is known of a person; zeros for one never seen.' })
  async userProfile(
    @Ctx() { services, loaders }: GraphQLContext,
    @Arg('userKey', () => String, { description: "The site's own key of the person, 1–128 characters." })
    userKey: string,
  ): Promise<UserProfile> {
    return services.profiles.view(await loaders.profile.full(checkInput(userKeySchema, userKey, 'userKey')));
  }
}
