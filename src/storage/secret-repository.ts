import type { PrismaClient } from '../generated/prisma/client.js';

/** Keys that this deployment made for itself. */
export class SecretRepository {
  constructor(private readonly prisma: PrismaClient) {}

  /** The key of this name; the proposed one from now on if there was none, whoever else proposes one. */
  async getOrCreate(name: string, proposed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    await this.prisma.secret.createMany({ data: [{ name, value: proposed }], skipDuplicates: true });
    return (await this.prisma.secret.findUniqueOrThrow({ where: { name } })).value;
  }
}
