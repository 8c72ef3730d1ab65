import type { PrismaClient } from '../generated/prisma/client.js';

/** What is remembered of the sources of markets between two readings. */
export class SourceStateRepository {
  constructor(private readonly connection: Pick<PrismaClient, '$queryRaw' | '$executeRaw'>) {}

  /** What was last saved under this name, as JSON gives it; undefined when there is nothing. */
  async find(name: string): Promise<unknown> {
    const [row] = await this.connection.$queryRaw<{ state: unknown }[]>`
      select state from source_states where name = ${name}`;
    return row?.state;
  }

  /** @param state plain data whose texts PostgreSQL can hold. */
  async save(name: string, state: object, now: Date): Promise<void> {
    await this.connection.$executeRaw`
      insert into source_states (name, state, updated_at) values (${name}, ${JSON.stringify(state)}::jsonb, ${now})
      on conflict (name) do update set state = excluded.state, updated_at = excluded.updated_at`;
  }
}
