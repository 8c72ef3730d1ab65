import { Prisma } from '../generated/prisma/client.js';
import {
  MARKETS_KEPT,
  topicId,
  type ProfileState,
  type StakeState,
  type TopicKind,
} from './profile-state.js';

/** An instant as milliseconds since 1970. */
const ms = (column: string): Prisma.Sql => Prisma.raw(`(extract(epoch from ${column}) * 1000)::float8`);

/** Everything held about some people, one row each, in one statement. */
export function readProfiles(userKeys: readonly string[]): Prisma.Sql {
  return Prisma.sql`
    select p.user_key, p.version, p.total_interactions, p.country, p.session_interactions, p.stakes,
      ${ms('p.last_active_at')} as last_active_at_ms, ${ms('p.session_started_at')} as session_started_at_ms,
      (select json_agg(json_build_object('kind', t.kind, 'key', t.key, 'label', t.label, 'points', t.points,
          'longTerm', t.long_term, 'session', t.session, 'updatedAtMs', ${ms('t.updated_at')},
          'dwellMsTotal', t.dwell_ms_total, 'dwellEvents', t.dwell_events))
        from topic_scores t where t.user_key = p.user_key) as topics,
      (select json_agg(json_build_object('marketId', e.market_id, 'engagedAtMs', ${ms('e.engaged_at')},
          'weight', e.weight, 'viewedAtMs', ${ms('e.viewed_at')}, 'viewProbability', e.view_probability,
          'category', e.category, 'tags', e.tags))
        from (select * from engagements where user_key = p.user_key
          order by greatest(engaged_at, viewed_at) desc, market_id limit ${MARKETS_KEPT}) e) as engagements,
      (select json_agg(json_build_object('marketId', h.market_id, 'hiddenAtMs', ${ms('h.hidden_at')}))
        from hidden_markets h where h.user_key = p.user_key) as hidden,
      (select json_agg(json_build_object('marketId', i.market_id,
          'shownAtMs', array(select ${ms('s')} from unnest(i.shown_at) s),
          'probability', i.probability, 'volume24h', i.volume_24h, 'clickedSince', i.clicked_since))
        from (select * from impressions where user_key = p.user_key
          order by shown_at[1] desc, market_id limit ${MARKETS_KEPT}) i) as impressions
    from profiles p where p.user_key = any(${[...userKeys]})`;
}

/** A row of {@link readProfiles}; a list without entries is null. */
export interface ProfileRow {
  user_key: string;
  version: number;
  total_interactions: number;
  country: string | null;
  session_interactions: number;
  stakes: StakeState[];
  last_active_at_ms: number | null;
  session_started_at_ms: number | null;
  topics:
    | {
        kind: TopicKind;
        key: string;
        label: string;
        points: number;
        longTerm: number;
        session: number;
        updatedAtMs: number;
        dwellMsTotal: number;
        dwellEvents: number;
      }[]
    | null;
  engagements:
    | {
        marketId: string;
        engagedAtMs: number | null;
        weight: number;
        viewedAtMs: number | null;
        viewProbability: number | null;
        category: string;
        tags: string[];
      }[]
    | null;
  hidden: { marketId: string; hiddenAtMs: number }[] | null;
  impressions:
    | {
        marketId: string;
        shownAtMs: number[];
        probability: number | null;
        volume24h: number;
        clickedSince: boolean;
      }[]
    | null;
}

export function toProfileState(row: ProfileRow): ProfileState {
  return {
    userKey: row.user_key,
    version: row.version,
    totalInteractions: row.total_interactions,
    country: row.country,
    lastActiveAtMs: row.last_active_at_ms,
    sessionStartedAtMs: row.session_started_at_ms,
    sessionInteractions: row.session_interactions,
    topics: new Map(row.topics?.map((topic) => [topicId(topic.kind, topic.key), topic])),
    engagements: new Map(row.engagements?.map((engagement) => [engagement.marketId, engagement])),
    hidden: new Map(row.hidden?.map((market) => [market.marketId, market.hiddenAtMs])),
    stakes: row.stakes,
    impressions: new Map(row.impressions?.map((impression) => [impression.marketId, impression])),
  };
}
