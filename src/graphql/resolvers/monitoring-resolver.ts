import { Arg, Ctx, Int, Mutation, Query, Resolver } from 'type-graphql';
import type { JobStatus, RunRequestResult } from '../../jobs/job-service.js';
import type { ModelStatus } from '../../learning/model-list.js';
import type { SinkStatus } from '../../outbox/sink-status.js';
import { SemanticNonNull } from '../directives.js';
import type { GraphQLContext } from '../context.js';
import { RankingModelType } from '../types/model.js';
import { BackgroundJobType, RunJobInput, RunJobPayloadType, SinkType } from '../types/monitoring.js';
import { countArg } from './common-arguments.js';

@Resolver()
export class MonitoringResolver {
  @Query(() => [BackgroundJobType], {
    nullable: true,
    description: 'Returns the jobs with their last run and next run.',
  })
  @SemanticNonNull()
  jobs(@Ctx() { services }: GraphQLContext): Promise<JobStatus[]> {
    return services.jobs.list();
  }

  @Mutation(() => RunJobPayloadType, { nullable: true, description: 'Enqueues an extra run of a job.' })
  @SemanticNonNull()
  runJob(
    @Ctx() { services }: GraphQLContext,
    @Arg('input', () => RunJobInput, { description: 'The job.' }) input: RunJobInput,
  ): Promise<RunRequestResult> {
    return services.jobs.request(input);
  }

  @Query(() => [RankingModelType], {
    nullable: true,
    description: 'Returns the latest versions of the ranking model, latest first.',
  })
  @SemanticNonNull()
  models(
    @Ctx() { services }: GraphQLContext,
    @Arg('limit', () => Int, countArg('Number of versions')) limit: number | null,
  ): Promise<ModelStatus[]> {
    return services.modelList.list({ limit });
  }

  @Query(() => [SinkType], {
    nullable: true,
    description: 'Returns the sinks in the config, then those that only have events in the outbox.',
  })
  @SemanticNonNull()
  sinks(@Ctx() { services }: GraphQLContext): Promise<SinkStatus[]> {
    return services.sinks.list();
  }
}
