import { Prisma } from '../generated/prisma/client.js';
import type { EngagementState, ImpressionState, ProfileState, TopicState } from './profile-state.js';

/**
 * The statements that bring what is stored from one set of states to another; both lists name the same
 * people in the same order. What is the same object in both has not changed and is not written.
 */
export function profileChanges(
  before: readonly ProfileState[],
  after: readonly ProfileState[],
): Prisma.Sql[] {
  const pairs = after.flatMap((state, index) => {
    const old = before[index];
    return old === undefined || old === state ? [] : [{ old, state }];
  });
  const each = <Row>(rowsOf: (old: ProfileState, state: ProfileState) => Row[]): Row[] =>
    pairs.flatMap(({ old, state }) => rowsOf(old, state));
  return [
    ...statement(
      pairs.map(({ state }) => profileRow(state)),
      writeProfiles,
    ),
    ...statement(
      each((old, state) => changed(old.topics, state.topics).map((topic) => topicRow(state.userKey, topic))),
      writeTopics,
    ),
    ...statement(
      each((old, state) =>
        changed(old.engagements, state.engagements).map((engagement) =>
          engagementRow(state.userKey, engagement),
        ),
      ),
      writeEngagements,
    ),
    ...statement(
      each((old, state) =>
        changed(old.impressions, state.impressions).map((impression) =>
          impressionRow(state.userKey, impression),
        ),
      ),
      writeImpressions,
    ),
    ...statement(
      each((old, { userKey: user_key, hidden }) =>
        [...hidden]
          .filter(([market_id, hiddenAtMs]) => old.hidden.get(market_id) !== hiddenAtMs)
          .map(([market_id, hiddenAtMs]) => ({ user_key, market_id, hidden_at: instant(hiddenAtMs) })),
      ),
      writeHidden,
    ),
    ...statement(
      each((old, { userKey: user_key, hidden }) =>
        [...old.hidden.keys()]
          .filter((market_id) => !hidden.has(market_id))
          .map((market_id) => ({ user_key, market_id })),
      ),
      deleteHidden,
    ),
  ];
}

function statement(rows: readonly object[], write: (json: string) => Prisma.Sql): Prisma.Sql[] {
  return rows.length === 0 ? [] : [write(JSON.stringify(rows))];
}

function changed<Value>(before: ReadonlyMap<string, Value>, after: ReadonlyMap<string, Value>): Value[] {
  if (before === after) return [];
  return [...after].filter(([key, value]) => before.get(key) !== value).map(([, value]) => value);
}

function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

function profileRow(state: ProfileState): object {
  return {
    user_key: state.userKey,
    version: state.version,
    total_interactions: state.totalInteractions,
    country: state.country,
    last_active_at: instant(state.lastActiveAtMs),
    session_started_at: instant(state.sessionStartedAtMs),
    session_interactions: state.sessionInteractions,
    stakes: state.stakes,
  };
}

function topicRow(user_key: string, topic: TopicState): object {
  const { kind, key, label, points, session } = topic;
  return {
    ...{ user_key, kind, key, label, points, session },
    long_term: topic.longTerm,
    updated_at: instant(topic.updatedAtMs),
    dwell_ms_total: topic.dwellMsTotal,
    dwell_events: topic.dwellEvents,
  };
}

function engagementRow(user_key: string, engagement: EngagementState): object {
  const { marketId: market_id, weight, category, tags } = engagement;
  return {
    ...{ user_key, market_id, weight, category, tags },
    engaged_at: instant(engagement.engagedAtMs),
    viewed_at: instant(engagement.viewedAtMs),
    view_probability: engagement.viewProbability,
  };
}

function impressionRow(user_key: string, impression: ImpressionState): object {
  const { marketId: market_id, probability } = impression;
  return {
    ...{ user_key, market_id, probability },
    shown_at: impression.shownAtMs.map(instant),
    volume_24h: impression.volume24h,
    clicked_since: impression.clickedSince,
  };
}

// The rows come as a subselect: a bare parameter would be parsed when the statement is planned, and once more
// when it runs.

const writeProfiles = (json: string): Prisma.Sql => Prisma.sql`
  update profiles p set total_interactions = r.total_interactions, country = r.country,
    last_active_at = r.last_active_at, session_started_at = r.session_started_at,
    session_interactions = r.session_interactions, stakes = r.stakes, version = r.version
  from json_to_recordset((select ${json}::text)::json) as r(user_key text, total_interactions int, country text,
    last_active_at timestamptz, session_started_at timestamptz, session_interactions int, stakes jsonb, version int)
  where p.user_key = r.user_key`;

const writeTopics = (json: string): Prisma.Sql => Prisma.sql`
  insert into topic_scores (user_key, kind, key, label, points, long_term, session, updated_at, dwell_ms_total,
    dwell_events)
  select * from json_to_recordset((select ${json}::text)::json) as r(user_key text, kind topic_kind, key text, label text,
    points float8, long_term float8, session float8, updated_at timestamptz, dwell_ms_total float8, dwell_events int)
  on conflict (user_key, kind, key) do update set points = excluded.points, long_term = excluded.long_term,
    session = excluded.session, updated_at = excluded.updated_at, dwell_ms_total = excluded.dwell_ms_total,
    dwell_events = excluded.dwell_events`;

const writeEngagements = (json: string): Prisma.Sql => Prisma.sql`
  insert into engagements (user_key, market_id, engaged_at, weight, viewed_at, view_probability, category, tags)
  select * from json_to_recordset((select ${json}::text)::json) as r(user_key text, market_id text, engaged_at timestamptz,
    weight float8, viewed_at timestamptz, view_probability float8, category text, tags text[])
  -- What a state does not know of, because it holds the latest markets only, stays as it is.
  on conflict (user_key, market_id) do update set
    engaged_at = coalesce(excluded.engaged_at, engagements.engaged_at),
    weight = case when excluded.engaged_at is null then engagements.weight else excluded.weight end,
    viewed_at = coalesce(excluded.viewed_at, engagements.viewed_at),
    view_probability = case when excluded.viewed_at is null then engagements.view_probability
      else excluded.view_probability end,
    category = excluded.category, tags = excluded.tags`;

const writeImpressions = (json: string): Prisma.Sql => Prisma.sql`
  insert into impressions (user_key, market_id, shown_at, probability, volume_24h, clicked_since)
  select * from json_to_recordset((select ${json}::text)::json) as r(user_key text, market_id text, shown_at timestamptz[],
    probability float8, volume_24h float8, clicked_since boolean)
  on conflict (user_key, market_id) do update set shown_at = excluded.shown_at, probability = excluded.probability,
    volume_24h = excluded.volume_24h, clicked_since = excluded.clicked_since`;

const writeHidden = (json: string): Prisma.Sql => Prisma.sql`
  insert into hidden_markets (user_key, market_id, hidden_at)
  select * from json_to_recordset((select ${json}::text)::json) as r(user_key text, market_id text, hidden_at timestamptz)
  on conflict (user_key, market_id) do update set hidden_at = excluded.hidden_at`;

const deleteHidden = (json: string): Prisma.Sql => Prisma.sql`
  delete from hidden_markets h
  using json_to_recordset((select ${json}::text)::json) as r(user_key text, market_id text)
  where h.user_key = r.user_key and h.market_id = r.market_id`;
