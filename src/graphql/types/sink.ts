import { DateTimeISOResolver } from 'graphql-scalars';
import { Field, Float, ObjectType } from 'type-graphql';

@ObjectType('Sink', {
  simpleResolvers: true,
  description: 'Destination of recorded events, with the events that wait for it in the outbox.',
})
export class SinkType {
  @Field(() => String, { description: 'Name of the sink in the config.' })
  name!: string;

  @Field(() => Boolean, {
    description: 'Whether the config of this replica names the sink. False: nothing delivers its events.',
  })
  configured!: boolean;

  @Field(() => Float, {
    description: 'Number of events that wait: a whole number, exact up to 10,000, an estimate above.',
  })
  events!: number;

  @Field(() => Boolean, { description: 'Whether `events` and `bytes` are estimates.' })
  isEstimate!: boolean;

  @Field(() => Float, { description: 'Size of the events that wait, in bytes.' })
  bytes!: number;

  @Field(() => DateTimeISOResolver, {
    nullable: true,
    description: 'Time at which the oldest waiting event was recorded. Null without waiting events.',
  })
  oldestAt!: Date | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Age of the oldest waiting event in seconds. Null without waiting events.',
  })
  lagSeconds!: number | null;
}
