import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { UserProfile } from '../../profiles/profile-service.js';
import type { TrackResult } from '../../tracking/tracking-service.js';
import type { GraphQLContext } from '../context.js';
import { TrackInteractionInput, TrackInteractionResultType } from '../types/track-interaction.js';
import { UserProfileType } from '../types/user-profile.js';

@Resolver(() => TrackInteractionResultType)
export class TrackingResolver {
  @Mutation(() => TrackInteractionResultType, {
    description:
      'Records what a person did. The next feed has learned from it; an answer of RECORDED is on disk.',
  })
  trackInteraction(
    @Ctx() { services }: GraphQLContext,
    @Arg('input', () => TrackInteractionInput, { description: 'What happened.' })
    input: TrackInteractionInput,
  ): Promise<TrackResult> {
    return services.tracking.track(input);
  }

  @FieldResolver(() => UserProfileType, { description: 'The profile after it.' })
  profile(@Root() { profile }: TrackResult, @Ctx() { services }: GraphQLContext): UserProfile {
    return services.profiles.view(profile);
  }
}
