import type { Serving } from '../../domain/event.js';
import { textOfArms } from '../../domain/experiment.js';
import type { Connection } from '../sql.js';

/** Numbers of servings, to which events refer. */
export class ServingRepository {
  constructor(private readonly connection: Connection) {}

  /** Returns the number of a serving that events of a day refer to. */
  async idOf(
    { algorithmVersion, configVersion, modelVersion, arms }: Serving,
    usedOn: Date,
  ): Promise<number> {
    const key = { algorithmVersion, configVersion, modelVersion: modelVersion ?? '', arms: textOfArms(arms) };
    const { id } = await this.connection.serving.upsert({
      where: { algorithmVersion_configVersion_modelVersion_arms: key },
      create: { ...key, usedOn },
      update: { usedOn },
      select: { id: true },
    });
    return id;
  }

  /** Removes servings that no event since a day refers to. */
  async removeUnused(since: Date): Promise<void> {
    await this.connection.serving.deleteMany({ where: { usedOn: { lt: since } } });
  }
}
