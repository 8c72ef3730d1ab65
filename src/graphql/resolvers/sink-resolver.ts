import { Ctx, Query, Resolver } from 'type-graphql';
import type { SinkStatus } from '../../outbox/sink-status.js';
import type { GraphQLContext } from '../context.js';
import { SinkType } from '../types/sink.js';

@Resolver()
export class SinkResolver {
  @Query(() => [SinkType], {
    description:
      'Returns the sinks in the config, then those that only have events in the outbox. Staff only.',
  })
  sinks(@Ctx() { services }: GraphQLContext): Promise<SinkStatus[]> {
    return services.sinks.list();
  }
}
