import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { requestedUser } from '../../auth/viewer.js';
import { checkInput } from '../../lib/input/check-input.js';
import { userKeySchema } from '../../lib/input/text-schemas.js';
import type { UserProfile } from '../../profiles/profile-service.js';
import { SemanticNonNull } from '../directives.js';
import type { GraphQLContext } from '../context.js';
import { UserProfileType } from '../types/user-profile.js';

@Resolver()
export class ProfileResolver {
  @Query(() => UserProfileType, {
    nullable: true,
    description: 'Returns the profile of a user; a profile of zeros for an unknown user.',
  })
  @SemanticNonNull()
  async userProfile(
    @Ctx() { services, loaders, viewer }: GraphQLContext,
    @Arg('userKey', () => String, { description: 'Key of the user, 1–128 characters.' }) userKey: string,
  ): Promise<UserProfile> {
    const user = checkInput(userKeySchema, requestedUser(viewer, userKey), 'userKey');
    return services.profiles.view(await loaders.profile.load(user));
  }
}
