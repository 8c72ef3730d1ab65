import { Field, InputType, ObjectType } from 'type-graphql';
import type { User } from '../../profiles/profile-service.js';
import { DateTime } from './date-time.js';
import { OWN_USER, UserType } from './user-profile.js';

const personalizationEnabled =
  'Whether feeds and rankings are personal. False: they are global, and nothing about the user is read or recorded.';
const dataSharingConsent =
  'Whether events of a user without personalization count in trends, without the key of the user.';

@ObjectType('PersonalizationSettings', {
  simpleResolvers: true,
  description: 'Choices of a user about personalization.',
})
export class PersonalizationSettingsType {
  @Field(() => Boolean, { description: `${personalizationEnabled} Default: true.` })
  personalizationEnabled!: boolean;

  @Field(() => Boolean, { description: `${dataSharingConsent} Default: false.` })
  dataSharingConsent!: boolean;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time of the last change. Null: never changed, so these are the defaults.',
  })
  updatedAt!: Date | null;
}

@InputType({ description: 'Choices of a user to change. Omitted and null choices keep their value.' })
export class UpdatePersonalizationSettingsInput {
  @Field(() => String, { nullable: true, description: OWN_USER })
  userKey?: string | null;

  @Field(() => Boolean, { nullable: true, description: personalizationEnabled })
  personalizationEnabled?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: dataSharingConsent })
  dataSharingConsent?: boolean | null;
}

@ObjectType('UpdatePersonalizationSettingsPayload', {
  simpleResolvers: true,
  description: 'Result of changing the choices of a user.',
})
export class UpdatePersonalizationSettingsPayloadType {
  @Field(() => UserType, { description: 'The user.' })
  user!: User;

  @Field(() => PersonalizationSettingsType, { description: 'All choices after the change.' })
  personalizationSettings!: PersonalizationSettingsType;
}

@InputType({ description: 'User to erase.' })
export class EraseUserInput {
  @Field(() => String, { nullable: true, description: OWN_USER })
  userKey?: string | null;
}

@ObjectType('EraseUserPayload', { simpleResolvers: true, description: 'Result of erasing a user.' })
export class EraseUserPayloadType {
  @Field(() => String, { description: 'Key of the erased user, as in the request.' })
  erasedUserKey!: string;
}

@InputType({ description: 'Users to merge.' })
export class MergeUsersInput {
  @Field(() => String, {
    description: 'Key of the user to merge, such as that of an anonymous visitor before the login.',
  })
  fromUserKey!: string;

  @Field(() => String, { description: 'Key of the user that stays.' })
  intoUserKey!: string;
}

@ObjectType('MergeUsersPayload', { simpleResolvers: true, description: 'Result of merging users.' })
export class MergeUsersPayloadType {
  @Field(() => UserType, { description: 'The user that stays.' })
  user!: User;
}
