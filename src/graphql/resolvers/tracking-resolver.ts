import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { UserProfile } from '../../profiles/profile-service.js';
import type { ImpressionsResult, RejectedResult, TrackResult } from '../../tracking/tracking-service.js';
import { SemanticNonNull } from '../directives.js';
import type { GraphQLContext } from '../context.js';
import { TrackImpressionsInput, TrackImpressionsResultType } from '../types/track-impressions.js';
import {
  BatchInteractionInput,
  TrackInteractionInput,
  TrackInteractionResultType,
  TrackInteractionsResultType,
} from '../types/track-interaction.js';
import { UserProfileType } from '../types/user-profile.js';

@Resolver(() => TrackInteractionResultType)
export class TrackingResolver {
  @Mutation(() => TrackInteractionResultType, {
    nullable: true,
    description:
      'Records one event. RECORDED means that the event is on disk and the next feed of the user reflects it.',
  })
  @SemanticNonNull()
  trackInteraction(
    @Ctx() { services }: GraphQLContext,
    @Arg('input', () => TrackInteractionInput, { description: 'The event.' })
    input: TrackInteractionInput,
  ): Promise<TrackResult> {
    return services.tracking.track(input);
  }

  @Mutation(() => [TrackInteractionsResultType], {
    nullable: true,
    description:
      'Records up to 500 events in one transaction and returns one result per event, in order. Each is validated separately: an invalid one is REJECTED, and the others are recorded.',
  })
  @SemanticNonNull()
  trackInteractions(
    @Ctx() { services }: GraphQLContext,
    @Arg('inputs', () => [BatchInteractionInput], { nullable: 'items', description: 'Events, 1–500.' })
    inputs: (BatchInteractionInput | null)[],
  ): Promise<(TrackResult | RejectedResult)[]> {
    return services.tracking.trackAll(inputs);
  }

  @Mutation(() => TrackImpressionsResultType, {
    nullable: true,
    description:
      'Records impressions of one user, up to 200 markets in one transaction. Each item is validated separately. Impressions do not change affinity.',
  })
  @SemanticNonNull()
  trackImpressions(
    @Ctx() { services }: GraphQLContext,
    @Arg('input', () => TrackImpressionsInput, { description: 'The impressions.' })
    input: TrackImpressionsInput,
  ): Promise<ImpressionsResult> {
    return services.tracking.trackImpressions(input);
  }

  @FieldResolver(() => UserProfileType, {
    description: 'Profile of the user after the event. Selecting it reads the profile.',
  })
  profile(@Root() { userKey }: TrackResult, @Ctx() context: GraphQLContext): Promise<UserProfile> {
    return profileAfterEvent(userKey, context);
  }
}

@Resolver(() => TrackInteractionsResultType)
export class BatchResultResolver {
  @FieldResolver(() => UserProfileType, {
    nullable: true,
    description: 'Profile of the user after all events of the batch. Null: rejected.',
  })
  profile(
    @Root() { userKey }: TrackResult | RejectedResult,
    @Ctx() context: GraphQLContext,
  ): Promise<UserProfile> | null {
    return userKey === null ? null : profileAfterEvent(userKey, context);
  }
}

async function profileAfterEvent(
  userKey: string,
  { services, loaders }: GraphQLContext,
): Promise<UserProfile> {
  return services.profiles.view(await loaders.changedProfile.load(userKey));
}
