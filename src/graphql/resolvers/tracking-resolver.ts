import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { isOwner, requireOwner } from '../../auth/viewer.js';
import type { UserProfile } from '../../profiles/profile-service.js';
import type { BatchResult, ImpressionsResult, TrackResult } from '../../tracking/tracking-service.js';
import { SemanticNonNull } from '../directives.js';
import type { GraphQLContext } from '../context.js';
import { TrackImpressionsInput, TrackImpressionsPayloadType } from '../types/track-impressions.js';
import {
  TrackInteractionInput,
  TrackInteractionPayloadType,
  TrackInteractionsInput,
  TrackInteractionsPayloadType,
} from '../types/track-interaction.js';
import { UserProfileType } from '../types/user-profile.js';

@Resolver(() => TrackInteractionPayloadType)
export class TrackingResolver {
  @Mutation(() => TrackInteractionPayloadType, {
    nullable: true,
    description:
      'Records one event. RECORDED means that the event is on disk and the next feed of the user reflects it.',
  })
  @SemanticNonNull()
  async trackInteraction(
    @Ctx() { services, viewer }: GraphQLContext,
    @Arg('input', () => TrackInteractionInput, { description: 'The event.' })
    input: TrackInteractionInput,
  ): Promise<TrackResult> {
    requireOwner(viewer, input.userKey, 'input.userKey');
    return services.tracking.track(input);
  }

  @Mutation(() => TrackInteractionsPayloadType, {
    nullable: true,
    description:
      'Records up to 500 events in one transaction. Each is validated separately: an invalid one is REJECTED, and the others are recorded.',
  })
  @SemanticNonNull()
  trackInteractions(
    @Ctx() { services, viewer }: GraphQLContext,
    @Arg('input', () => TrackInteractionsInput, { description: 'The events.' })
    input: TrackInteractionsInput,
  ): Promise<BatchResult> {
    return services.tracking.trackAll(input, (userKey) => isOwner(viewer, userKey));
  }

  @Mutation(() => TrackImpressionsPayloadType, {
    nullable: true,
    description:
      'Records impressions of one user, up to 200 markets in one transaction. Each item is validated separately. Impressions do not change affinity.',
  })
  @SemanticNonNull()
  async trackImpressions(
    @Ctx() { services, viewer }: GraphQLContext,
    @Arg('input', () => TrackImpressionsInput, { description: 'The impressions.' })
    input: TrackImpressionsInput,
  ): Promise<ImpressionsResult> {
    requireOwner(viewer, input.userKey, 'input.userKey');
    return services.tracking.trackImpressions(input);
  }

  @FieldResolver(() => UserProfileType, {
    nullable: true,
    description: 'Profile of the user after the event. Selecting it reads the profile.',
  })
  @SemanticNonNull()
  async profile(
    @Root() { userKey }: TrackResult,
    @Ctx() { services, loaders }: GraphQLContext,
  ): Promise<UserProfile> {
    return services.profiles.view(await loaders.changedProfile.load(userKey));
  }
}
