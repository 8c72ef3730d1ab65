import type { CollaborativeMethod } from '../../domain/collaborative.js';
import type { CollaborativeModel } from '../../scoring/v2/collaborative-model.js';
import type {
  CollaborativeRepository,
  StoredCollaborativeModel,
} from '../../storage/models/collaborative-repository.js';
import { modelOf, unpackArtifact } from './artifact.js';

/** A collaborative model in memory. */
export interface LoadedCollaborativeModel {
  readonly version: number;
  readonly method: CollaborativeMethod;
  readonly model: CollaborativeModel;
}

type Models = Pick<CollaborativeRepository, 'latest' | 'latestBefore' | 'content'>;

/** Reads versions of the collaborative model. It holds one at a time. */
export class CollaborativeVersions {
  #loaded: LoadedCollaborativeModel | null = null;

  constructor(private readonly models: Models) {}

  /** Returns the latest version of a method; null without one. */
  async latest(method: CollaborativeMethod): Promise<LoadedCollaborativeModel | null> {
    return this.#read(method, await this.models.latest(method));
  }

  /** Returns the latest version that counts only interactions before one; null without one. */
  async latestBefore(method: CollaborativeMethod, seq: bigint): Promise<LoadedCollaborativeModel | null> {
    return this.#read(method, await this.models.latestBefore(method, seq));
  }

  async #read(
    method: CollaborativeMethod,
    stored: StoredCollaborativeModel | null,
  ): Promise<LoadedCollaborativeModel | null> {
    if (stored === null) return null;
    const { version } = stored;
    if (this.#loaded?.version === version) return this.#loaded;
    const content = await this.models.content(stored);
    if (content === null) return this.#loaded?.method === method ? this.#loaded : null;
    const model = modelOf(unpackArtifact(content));
    return (this.#loaded = { version, method, model });
  }
}
