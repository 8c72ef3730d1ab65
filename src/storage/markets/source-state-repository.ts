import type { Prisma } from '../../generated/prisma/client.js';
import type { Connection } from '../sql.js';

/** The states of market sources between two polls. */
export class SourceStateRepository {
  constructor(private readonly connection: Connection) {}

  /** Returns the saved state as parsed JSON; undefined if there is none. */
  async find(name: string): Promise<unknown> {
    const stored = await this.connection.sourceState.findUnique({ where: { name }, select: { state: true } });
    return stored?.state;
  }

  /** @param state plain data whose texts PostgreSQL can store. */
  async save(name: string, state: object, now: Date): Promise<void> {
    const values = { state: state as Prisma.InputJsonObject, updatedAt: now };
    await this.connection.sourceState.upsert({
      where: { name },
      create: { name, ...values },
      update: values,
    });
  }
}
