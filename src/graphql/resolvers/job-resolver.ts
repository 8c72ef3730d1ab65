import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { JobStatus, RequestedRun } from '../../jobs/job-service.js';
import type { GraphQLContext } from '../context.js';
import { JobType, RequestedJobType } from '../types/job.js';

@Resolver()
export class JobResolver {
  @Query(() => [JobType], { description: 'The work in the background and how it goes; for staff.' })
  jobs(@Ctx() { services }: GraphQLContext): Promise<JobStatus[]> {
    return services.jobs.list();
  }

  @Mutation(() => RequestedJobType, {
    description: 'Has a job run now, by whichever worker is free, besides its times; for staff.',
  })
  runJob(
    @Ctx() { services }: GraphQLContext,
    @Arg('name', () => String, { description: 'As in `jobs`.' }) name: string,
  ): Promise<RequestedRun> {
    return services.jobs.request({ name });
  }
}
