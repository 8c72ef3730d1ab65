import { Prisma, type PrismaClient } from '../generated/prisma/client.js';
import { readProfiles, toProfileState, type ProfileRow } from './profile-rows.js';
import { emptyProfile, type ProfileState } from './profile-state.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

export class ProfileRepository {
  constructor(private readonly connection: Connection) {}

  /** The states of these people in the order asked, with one statement; a person never seen has an empty one. */
  async load(userKeys: readonly string[]): Promise<ProfileState[]> {
    const rows = await this.connection.$queryRaw<ProfileRow[]>(readProfiles(userKeys));
    const states = new Map(rows.map((row) => [row.user_key, toProfileState(row)]));
    return userKeys.map((userKey) => states.get(userKey) ?? emptyProfile(userKey));
  }

  /**
   * Keeps these people from being changed by any other transaction until this one ends; people never
   * seen get their row. Rows are taken in one order everywhere, so two callers cannot block each other.
   */
  async lock(userKeys: readonly string[]): Promise<void> {
    const keys = [...new Set(userKeys)].sort();
    await this.connection.$executeRaw`
      insert into profiles (user_key) select unnest(${keys}::text[])
      on conflict (user_key) do update set user_key = excluded.user_key`;
  }

  /** Writes what differs between the states before and after; both lists name the same people in the same order. */
  async save(before: readonly ProfileState[], after: readonly ProfileState[]): Promise<void> {
    const profiles: object[] = [];
    const topics: object[] = [];
    const engagements: object[] = [];
    const impressions: object[] = [];
    const hidden: object[] = [];
    const shown: { user_key: string; market_id: string }[] = [];
    after.forEach((state, index) => {
      const old = before[index];
      if (old === undefined || old === state) return;
      const { userKey: user_key } = state;
      profiles.push({
        user_key,
        total_interactions: state.totalInteractions,
        country: state.country,
        last_active_at: instant(state.lastActiveAtMs),
        session_started_at: instant(state.sessionStartedAtMs),
        session_interactions: state.sessionInteractions,
      });
      for (const topic of changed(old.topics, state.topics)) {
        const { kind, key, label, points, session } = topic;
        topics.push({
          ...{ user_key, kind, key, label, points, session },
          long_term: topic.longTerm,
          updated_at: instant(topic.updatedAtMs),
          dwell_ms_total: topic.dwellMsTotal,
          dwell_events: topic.dwellEvents,
        });
      }
      for (const engagement of changed(old.engagements, state.engagements)) {
        engagements.push({
          user_key,
          market_id: engagement.marketId,
          engaged_at: instant(engagement.engagedAtMs),
          weight: engagement.weight,
          viewed_at: instant(engagement.viewedAtMs),
          view_probability: engagement.viewProbability,
          category: engagement.category,
          tags: engagement.tags,
        });
      }
      for (const impression of changed(old.impressions, state.impressions)) {
        impressions.push({
          user_key,
          market_id: impression.marketId,
          shown_at: impression.shownAtMs.map(instant),
          probability: impression.probability,
          volume_24h: impression.volume24h,
          clicked_since: impression.clickedSince,
        });
      }
      for (const [market_id, hiddenAtMs] of state.hidden) {
        if (old.hidden.get(market_id) !== hiddenAtMs)
          hidden.push({ user_key, market_id, hidden_at: instant(hiddenAtMs) });
      }
      for (const market_id of old.hidden.keys()) {
        if (!state.hidden.has(market_id)) shown.push({ user_key, market_id });
      }
    });
    await this.write(profiles, writeProfiles);
    await this.write(topics, writeTopics);
    await this.write(engagements, writeEngagements);
    await this.write(impressions, writeImpressions);
    await this.write(hidden, writeHidden);
    await this.write(shown, deleteHidden);
  }

  private async write(rows: readonly object[], statement: (json: string) => Prisma.Sql): Promise<void> {
    if (rows.length > 0) await this.connection.$executeRaw(statement(JSON.stringify(rows)));
  }
}

function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

function changed<Value>(before: ReadonlyMap<string, Value>, after: ReadonlyMap<string, Value>): Value[] {
  return [...after].filter(([key, value]) => before.get(key) !== value).map(([, value]) => value);
}

const writeProfiles = (json: string): Prisma.Sql => Prisma.sql`
  update profiles p set total_interactions = r.total_interactions, country = r.country,
    last_active_at = r.last_active_at, session_started_at = r.session_started_at,
    session_interactions = r.session_interactions
  from jsonb_to_recordset(${json}::jsonb) as r(user_key text, total_interactions int, country text,
    last_active_at timestamptz, session_started_at timestamptz, session_interactions int)
  where p.user_key = r.user_key`;

const writeTopics = (json: string): Prisma.Sql => Prisma.sql`
  insert into topic_scores (user_key, kind, key, label, points, long_term, session, updated_at, dwell_ms_total,
    dwell_events)
  select * from jsonb_to_recordset(${json}::jsonb) as r(user_key text, kind topic_kind, key text, label text,
    points float8, long_term float8, session float8, updated_at timestamptz, dwell_ms_total float8, dwell_events int)
  on conflict (user_key, kind, key) do update set points = excluded.points, long_term = excluded.long_term,
    session = excluded.session, updated_at = excluded.updated_at, dwell_ms_total = excluded.dwell_ms_total,
    dwell_events = excluded.dwell_events`;

const writeEngagements = (json: string): Prisma.Sql => Prisma.sql`
  insert into engagements (user_key, market_id, engaged_at, weight, viewed_at, view_probability, category, tags)
  select * from jsonb_to_recordset(${json}::jsonb) as r(user_key text, market_id text, engaged_at timestamptz,
    weight float8, viewed_at timestamptz, view_probability float8, category text, tags text[])
  on conflict (user_key, market_id) do update set engaged_at = excluded.engaged_at, weight = excluded.weight,
    viewed_at = excluded.viewed_at, view_probability = excluded.view_probability,
    category = excluded.category, tags = excluded.tags`;

const writeImpressions = (json: string): Prisma.Sql => Prisma.sql`
  insert into impressions (user_key, market_id, shown_at, probability, volume_24h, clicked_since)
  select * from jsonb_to_recordset(${json}::jsonb) as r(user_key text, market_id text, shown_at timestamptz[],
    probability float8, volume_24h float8, clicked_since boolean)
  on conflict (user_key, market_id) do update set shown_at = excluded.shown_at, probability = excluded.probability,
    volume_24h = excluded.volume_24h, clicked_since = excluded.clicked_since`;

const writeHidden = (json: string): Prisma.Sql => Prisma.sql`
  insert into hidden_markets (user_key, market_id, hidden_at)
  select * from jsonb_to_recordset(${json}::jsonb) as r(user_key text, market_id text, hidden_at timestamptz)
  on conflict (user_key, market_id) do update set hidden_at = excluded.hidden_at`;

const deleteHidden = (json: string): Prisma.Sql => Prisma.sql`
  delete from hidden_markets h
  using jsonb_to_recordset(${json}::jsonb) as r(user_key text, market_id text)
  where h.user_key = r.user_key and h.market_id = r.market_id`;
