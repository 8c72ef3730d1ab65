import type { PrismaClient } from '../generated/prisma/client.js';

/** The positions at which runs of jobs ended early, from which the next runs continue. */
export class JobPositionRepository {
  constructor(private readonly positions: PrismaClient['jobPosition']) {}

  /** Undefined when the last run was complete. */
  async find(job: string): Promise<string | undefined> {
    return (await this.positions.findUnique({ where: { job } }))?.position;
  }

  async save(job: string, position: string): Promise<void> {
    await this.positions.upsert({ where: { job }, create: { job, position }, update: { position } });
  }

  async clear(job: string): Promise<void> {
    await this.positions.deleteMany({ where: { job } });
  }
}
