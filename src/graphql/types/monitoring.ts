import { Field, Float, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime } from './date-time.js';
import { enumOf } from './enum-of.js';

const JobOutcome = enumOf(['RUNNING', 'SUCCEEDED', 'FAILED', 'LOST']);

registerEnumType(JobOutcome, {
  name: 'JobOutcome',
  description: 'Outcome of a job run.',
  valuesConfig: {
    RUNNING: { description: 'In progress.' },
    SUCCEEDED: { description: 'Completed.' },
    FAILED: {
      description: 'Failed or stopped. A worker retries it, at its next scheduled time at the latest.',
    },
    LOST: { description: 'Worker process ended during the run. Another worker retries it.' },
  },
});

const JobRequestStatus = enumOf(['REQUESTED', 'ALREADY_REQUESTED']);

registerEnumType(JobRequestStatus, {
  name: 'JobRequestStatus',
  description: 'Status of a request for a job run.',
  valuesConfig: {
    REQUESTED: { description: 'Enqueued. The next free worker runs it.' },
    ALREADY_REQUESTED: { description: 'Not enqueued, because a run is already waiting or in progress.' },
  },
});

@ObjectType('JobRun', { simpleResolvers: true, description: 'One attempt to run a job.' })
export class JobRunType {
  @Field(() => DateTime, { description: 'Start time.' })
  startedAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'End time. Null: in progress.' })
  finishedAt!: Date | null;

  @Field(() => Int, { nullable: true, description: 'Duration in milliseconds. Null: in progress.' })
  durationMs!: number | null;

  @Field(() => JobOutcome, { description: 'Outcome of the attempt.' })
  outcome!: keyof typeof JobOutcome;

  @Field(() => Int, { description: 'Number of the attempt, from 1; each retry of the run adds 1.' })
  attempt!: number;

  @Field(() => String, {
    nullable: true,
    description: 'Summary of the work, or the error message. Null: none yet.',
  })
  detail!: string | null;

  @Field(() => String, { description: 'Worker process: host name and process id.' })
  worker!: string;
}

@ObjectType('BackgroundJob', {
  simpleResolvers: true,
  description: 'Scheduled task, run by at most one worker at a time across all replicas.',
})
export class BackgroundJobType {
  @Field(() => String, { description: 'Name of the job, for `runJob`.' })
  name!: string;

  @Field(() => String, { description: 'Purpose of the job.' })
  description!: string;

  @Field(() => Int, { description: 'Interval between scheduled runs in seconds.' })
  intervalSeconds!: number;

  @Field(() => JobRunType, { nullable: true, description: 'Most recent run. Null: never run.' })
  lastRun!: JobRunType | null;

  @Field(() => DateTime, {
    description: 'Next scheduled time. The run needs an active worker then.',
  })
  nextRunAt!: Date;
}

@InputType({ description: 'Request for an extra run of a job.' })
export class RunJobInput {
  @Field(() => String, { description: 'Name of the job, as in `jobs`.' })
  name!: string;
}

@ObjectType('RunJobPayload', { simpleResolvers: true, description: 'Result of requesting a job run.' })
export class RunJobPayloadType {
  @Field(() => BackgroundJobType, {
    description:
      'The job. `lastRun` is the run before the requested one, unless a worker has started it already.',
  })
  job!: BackgroundJobType;

  @Field(() => JobRequestStatus, { description: 'Whether this request or an earlier one enqueued the run.' })
  status!: keyof typeof JobRequestStatus;
}

@ObjectType('Sink', {
  simpleResolvers: true,
  description: 'Destination of recorded events, with its backlog in the outbox.',
})
export class SinkType {
  @Field(() => String, { description: 'Name of the sink in the config.' })
  name!: string;

  @Field(() => Boolean, {
    description: 'Whether the config of this replica names the sink. False: nothing delivers its events.',
  })
  configured!: boolean;

  @Field(() => Float, {
    description: 'Backlog in events: a whole number, exact up to 10,000, an estimate above.',
  })
  events!: number;

  @Field(() => Boolean, { description: 'Whether `events` and `bytes` are estimates.' })
  isEstimate!: boolean;

  @Field(() => Float, { description: 'Backlog in bytes.' })
  bytes!: number;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time at which the oldest undelivered event was recorded. Null: no backlog.',
  })
  oldestAt!: Date | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Age of the oldest undelivered event in seconds. Null: no backlog.',
  })
  lagSeconds!: number | null;
}
