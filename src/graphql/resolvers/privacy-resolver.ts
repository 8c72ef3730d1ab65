import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { aliasUseOf, requiredUser } from '../../auth/viewer.js';
import type { UserSettings } from '../../domain/user-settings.js';
import type { User } from '../../profiles/profile-service.js';
import { SemanticNonNull } from '../directives.js';
import type { GraphQLContext } from '../context.js';
import {
  EraseUserInput,
  EraseUserPayloadType,
  MergeUsersInput,
  MergeUsersPayloadType,
  PersonalizationSettingsType,
  UpdatePersonalizationSettingsInput,
  UpdatePersonalizationSettingsPayloadType,
} from '../types/privacy.js';
import { OWN_USER, UserType } from '../types/user-profile.js';

@Resolver(() => UserType)
export class PrivacyResolver {
  @Query(() => PersonalizationSettingsType, {
    nullable: true,
    description: 'Returns the choices of a user about personalization.',
  })
  @SemanticNonNull()
  async personalizationSettings(
    @Ctx() { services, viewer }: GraphQLContext,
    @Arg('userKey', () => String, { nullable: true, description: OWN_USER }) userKey: string | null,
  ): Promise<UserSettings> {
    return services.settings.settingsOf(requiredUser(viewer, userKey), aliasUseOf(viewer));
  }

  @FieldResolver(() => PersonalizationSettingsType, {
    nullable: true,
    name: 'personalizationSettings',
    description: 'Choices of the user about personalization.',
  })
  @SemanticNonNull()
  settingsOfUser(
    @Root() { userKey }: User,
    @Ctx() { services, viewer }: GraphQLContext,
  ): Promise<UserSettings> {
    return services.settings.settingsOf(userKey, aliasUseOf(viewer));
  }

  @Mutation(() => UpdatePersonalizationSettingsPayloadType, {
    nullable: true,
    description:
      'Changes choices of a user about personalization. Every replica follows them from the next request on.',
  })
  @SemanticNonNull()
  async updatePersonalizationSettings(
    @Ctx() { services, viewer }: GraphQLContext,
    @Arg('input', () => UpdatePersonalizationSettingsInput, { description: 'The choices.' })
    input: UpdatePersonalizationSettingsInput,
  ): Promise<{ user: User; personalizationSettings: UserSettings }> {
    const { personalizationEnabled, dataSharingConsent } = input;
    const userKey = requiredUser(viewer, input.userKey ?? null, 'input.userKey');
    const personalizationSettings = await services.settings.update(
      { userKey, personalizationEnabled, dataSharingConsent },
      aliasUseOf(viewer),
    );
    return { user: services.profiles.user(userKey), personalizationSettings };
  }

  @Mutation(() => EraseUserPayloadType, {
    nullable: true,
    description:
      'Erases everything that is stored about a user, on all replicas, and returns when that is complete. Later events with the key are IGNORED, for 30 days by default.',
  })
  @SemanticNonNull()
  async eraseUser(
    @Ctx() { services, viewer }: GraphQLContext,
    @Arg('input', () => EraseUserInput, { description: 'The user.' }) input: EraseUserInput,
  ): Promise<{ erasedUserKey: string }> {
    const userKey = requiredUser(viewer, input.userKey ?? null, 'input.userKey');
    await services.erasure.erase(userKey, aliasUseOf(viewer));
    return { erasedUserKey: userKey };
  }

  @Mutation(() => MergeUsersPayloadType, {
    nullable: true,
    description:
      'Merges a user into another: the events of both form one profile, and the old key stands for the other user, for 30 days by default. Repeating it changes nothing.',
  })
  @SemanticNonNull()
  async mergeUsers(
    @Ctx() { services }: GraphQLContext,
    @Arg('input', () => MergeUsersInput, { description: 'The users.' }) input: MergeUsersInput,
  ): Promise<{ user: User }> {
    return { user: services.profiles.user(await services.merging.merge(input)) };
  }
}
