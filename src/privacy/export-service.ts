import type { Clock } from '../lib/clock.js';
import { checkInput } from '../lib/input/check-input.js';
import { storedUserKeySchema } from '../lib/input/text-schemas.js';
import type { FullProfile } from '../domain/profile.js';
import { orUnavailable } from '../storage/database-errors.js';
import type { Store } from '../storage/store.js';
import type { PrivacyDeps } from './privacy-deps.js';
import type { AliasUse } from './user-register.js';

export interface ExportDeps extends Pick<PrivacyDeps, 'users' | 'pseudonymOf'> {
  readonly store: Pick<Store, 'userData' | 'profiles'>;
  /** Returns a served feed with the ids of its markets. */
  readonly findFeed: (feedId: string) => Promise<object | undefined>;
  readonly clock: Clock;
}

/** Length of a part of the text, except for the last part and for parts with a longer row. */
const PART_CHARACTERS = 64 * 1_024;

const FAILED = 'The data of the user cannot be read now; send the request again after retryAfterMs.';

/**
 * Exports everything that is stored about a user as one JSON object:
 *
 * `{ "userKey", "id", "exportedAt", "profile", "rows": [{ "table", "row" }, …] }`. `id` is the pseudonym; `profile` is the
 * profile in readable form; `rows` are the rows of every table with their columns, and for a served feed the feed in readable
 * form.
 *
 * The text comes in parts, with at most 500 rows in memory, and each statement reads one page. Events that arrive meanwhile
 * may be missing.
 */
export class ExportService {
  constructor(private readonly deps: ExportDeps) {}

  /**
   * Begins an export. That of an ignored alias is empty.
   *
   * @returns the parts of the text; iterating rejects with the error of the database.
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; UNAVAILABLE if the first part cannot be read.
   */
  async export(userKey: unknown, aliases: AliasUse): Promise<AsyncIterable<string>> {
    const checked = checkInput(storedUserKeySchema, userKey, 'userKey');
    const { userKey: owner } = await this.deps.users.knownTreatmentOf(checked, aliases);
    const [profile] = await orUnavailable(FAILED, () => this.deps.store.profiles.load([owner]));
    return inParts(this.#pieces(owner, profile));
  }

  async *#pieces(userKey: string, profile: FullProfile | undefined): AsyncGenerator<string> {
    const { store, pseudonymOf, findFeed, clock } = this.deps;
    const userHash = pseudonymOf(userKey);
    const head = { userKey, id: userHash, exportedAt: new Date(clock()).toISOString() };
    yield `${JSON.stringify(head).slice(0, -1)},"profile":${profileJson(profile)},"rows":[`;
    let separator = '\n';
    for await (const { table, rows } of store.userData.export({ userKey, userHash })) {
      for (const row of rows) {
        const text = table === 'served_feeds' ? await feedJson(row, findFeed) : row;
        yield `${separator}{"table":${JSON.stringify(table)},"row":${text}}`;
        separator = ',\n';
      }
    }
    yield '\n]}\n';
  }
}

/** A profile of maps as JSON; null for a user without one. */
function profileJson(profile: FullProfile | undefined): string {
  if (profile === undefined || profile.version === 0) return 'null';
  return JSON.stringify(profile, (_, value: unknown) => {
    if (value instanceof Map) return [...(value as Map<unknown, unknown>).values()];
    if (value instanceof Set) return [...(value as Set<unknown>)];
    return value;
  });
}

/** Replaces the packed columns of a served feed by the feed. A feed that was dropped meanwhile keeps them. */
async function feedJson(
  row: string,
  findFeed: (feedId: string) => Promise<object | undefined>,
): Promise<string> {
  const columns = JSON.parse(row) as { readonly feed_id: string; readonly page?: string };
  const feed = await findFeed(columns.feed_id);
  return feed === undefined ? row : JSON.stringify({ ...columns, page: undefined, feed });
}

async function* inParts(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let part = '';
  for await (const piece of pieces) {
    part += piece;
    if (part.length < PART_CHARACTERS) continue;
    yield part;
    part = '';
  }
  yield part;
}
