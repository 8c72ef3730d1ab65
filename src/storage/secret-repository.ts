import type { Connection } from './sql.js';

/** Keys that the deployment generated for itself. */
export class SecretRepository {
  constructor(private readonly connection: Connection) {}

  /** Returns the key of this name. If there is none, stores the proposed one; of concurrent proposals, one wins. */
  async getOrCreate(name: string, proposed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    await this.connection.secret.createMany({ data: [{ name, value: proposed }], skipDuplicates: true });
    return (await this.connection.secret.findUniqueOrThrow({ where: { name } })).value;
  }
}
