import { DateTimeISOResolver } from 'graphql-scalars';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';

export const JobOutcome = {
  RUNNING: 'RUNNING',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
  LOST: 'LOST',
} as const;

registerEnumType(JobOutcome, {
  name: 'JobOutcome',
  description: 'What became of an attempt at a job.',
  valuesConfig: {
    RUNNING: { description: 'It is under way.' },
    SUCCEEDED: { description: 'It was done.' },
    FAILED: { description: 'It failed, or was stopped; it is tried again, at its next time at the latest.' },
    LOST: { description: 'The process that ran it ended first; it is tried again.' },
  },
});

export const JobRequestStatus = {
  REQUESTED: 'REQUESTED',
  ALREADY_REQUESTED: 'ALREADY_REQUESTED',
} as const;

registerEnumType(JobRequestStatus, {
  name: 'JobRequestStatus',
  description: 'What became of the wish to run a job.',
  valuesConfig: {
    REQUESTED: { description: 'A worker runs it as soon as one is free.' },
    ALREADY_REQUESTED: { description: 'A run was waiting or under way already.' },
  },
});

@ObjectType('JobRun', { simpleResolvers: true, description: 'One attempt at a job.' })
export class JobRunType {
  @Field(() => DateTimeISOResolver, { description: 'When it began.' })
  startedAt!: Date;

  @Field(() => DateTimeISOResolver, { nullable: true, description: 'When it ended; null while it runs.' })
  finishedAt!: Date | null;

  @Field(() => Int, { nullable: true, description: 'How long it took; null while it runs.' })
  durationMs!: number | null;

  @Field(() => JobOutcome, { description: 'What became of it.' })
  outcome!: keyof typeof JobOutcome;

  @Field(() => Int, { description: 'From 1; grows while the same run is tried again.' })
  attempt!: number;

  @Field(() => String, { nullable: true, description: 'What it did, or why it failed.' })
  detail!: string | null;

  @Field(() => String, { description: 'The process that ran it: host and process id.' })
  worker!: string;
}

@ObjectType('Job', {
  simpleResolvers: true,
  description: 'Work in the background that is done again and again, by one process at a time.',
})
export class JobType {
  @Field(() => String, { description: 'Its name, for `runJob`.' })
  name!: string;

  @Field(() => String, { description: 'What it does.' })
  description!: string;

  @Field(() => Int, { description: 'It is run once in each such time.' })
  everySeconds!: number;

  @Field(() => JobRunType, { nullable: true, description: 'The last run; null when there was none.' })
  lastRun!: JobRunType | null;

  @Field(() => DateTimeISOResolver, { description: 'When it is due next; some worker has to be there then.' })
  nextRunAt!: Date;
}

@ObjectType('RequestedJob', { simpleResolvers: true, description: 'What became of the wish to run a job.' })
export class RequestedJobType {
  @Field(() => String, { description: 'The name of the job.' })
  name!: string;

  @Field(() => JobRequestStatus, {
    description: 'Whether it is this wish or an earlier one that is followed.',
  })
  status!: keyof typeof JobRequestStatus;
}
