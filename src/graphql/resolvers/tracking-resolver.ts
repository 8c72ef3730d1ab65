import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { UserProfile } from '../../profiles/profile-service.js';
import type { ImpressionsResult, RejectedResult, TrackResult } from '../../tracking/tracking-service.js';
import type { GraphQLContext } from '../context.js';
import { BatchInteractionInput } from '../types/batch-interaction.js';
import { TrackImpressionsInput, TrackImpressionsResultType } from '../types/track-impressions.js';
import {
  TrackInteractionInput,
  TrackInteractionResultType,
  TrackInteractionsResultType,
} from '../types/track-interaction.js';
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

  @Mutation(() => [TrackInteractionsResultType], {
    description:
      'Records up to 500 events in one transaction and returns one result per event, in order. Each is validated on its own: an invalid one is REJECTED, and the others are recorded.',
  })
  trackInteractions(
    @Ctx() { services }: GraphQLContext,
    @Arg('inputs', () => [BatchInteractionInput], { nullable: 'items', description: 'The events, 1–500.' })
    inputs: (BatchInteractionInput | null)[],
  ): Promise<(TrackResult | RejectedResult)[]> {
    return services.tracking.trackAll(inputs);
  }

  @Mutation(() => TrackImpressionsResultType, {
    description:
      'Records impressions of one user, up to 200 markets in one transaction. Each item is validated on its own. Impressions do not change affinity.',
  })
  trackImpressions(
    @Ctx() { services }: GraphQLContext,
    @Arg('input', () => TrackImpressionsInput, { description: 'What was shown.' })
    input: TrackImpressionsInput,
  ): Promise<ImpressionsResult> {
    return services.tracking.trackImpressions(input);
  }

  @FieldResolver(() => UserProfileType, {
    description: 'The profile of the user after the event. Selecting it costs reading it.',
  })
  profile(@Root() { userKey }: TrackResult, @Ctx() context: GraphQLContext): Promise<UserProfile> {
    return profileAfter(userKey, context);
  }
}

@Resolver(() => TrackInteractionsResultType)
export class TrackedEventResolver {
  @FieldResolver(() => UserProfileType, {
    nullable: true,
    description: 'The profile of the user after all events of the batch; null for a rejected event.',
  })
  profile(
    @Root() { userKey }: TrackResult | RejectedResult,
    @Ctx() context: GraphQLContext,
  ): Promise<UserProfile> | null {
    return userKey === null ? null : profileAfter(userKey, context);
  }
}

async function profileAfter(userKey: string, { services, loaders }: GraphQLContext): Promise<UserProfile> {
  return services.profiles.view(await loaders.changedProfile.load(userKey));
}
