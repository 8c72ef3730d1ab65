import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { BADGES } from '../../feed/badge.js';
import { DEGRADED_REASONS, type DegradedReason } from '../../feed/degraded.js';
import { SLOTS } from '../../feed/selectors/slots.js';
import type { ComponentName } from '../../scoring/score-parts.js';
import { ALGORITHM_VERSION, AlgorithmEnum } from './algorithm.js';
import { DateTime } from './date-time.js';
import { enumOf } from './enum-of.js';
import { MarketType } from './market.js';
import { PageInfoType } from './page-info.js';
import { FINAL_SCORE, SCORE_PARTS, ScorePartEnum, ScorePartsType } from './score-parts.js';
import { FeedSectionEnum } from './track-interaction.js';

const FeedSlotEnum = enumOf(SLOTS);

registerEnumType(FeedSlotEnum, {
  name: 'FeedSlot',
  description: 'Kind of a page position; each kind has a quota of the slate.',
  valuesConfig: {
    PERSONAL: { description: 'Highest scores for the user.' },
    TRENDING: { description: 'Trending over all users.' },
    LOCAL: { description: 'Trending in the country of the request.' },
    RISING: { description: 'Largest probability changes, weighted by volume.' },
    EXPLORATION: { description: 'Sampled among new and rarely shown markets.' },
  },
});

const MarketBadgeEnum = enumOf(BADGES);

registerEnumType(MarketBadgeEnum, {
  name: 'MarketBadge',
  description: 'Label for the card of a market. The config sets the thresholds.',
  valuesConfig: {
    MOVED: { description: 'Changed materially since its last impression for the user.' },
    CLOSING_SOON: { description: 'Ends soon: `closesAt` if known, else `resolvesAt`.' },
    HOT: { description: 'Trending strongly.' },
    NEW: { description: 'Created recently.' },
  },
});

const DegradedReasonEnum = enumOf(DEGRADED_REASONS);

registerEnumType(DegradedReasonEnum, {
  name: 'DegradedReason',
  description: 'Input of a ranking that was missing or old.',
  valuesConfig: {
    PROFILE_UNAVAILABLE: {
      description:
        'The profile of the user could not be read in time: the ranking is that of an anonymous user.',
    },
    MARKETS_UNAVAILABLE: {
      description: 'Markets that are not open could not be read in time: the ranking leaves them out.',
    },
    TRENDS_STALE: {
      description: 'The trends are more than 10 minutes old: no worker has computed newer ones.',
    },
  },
});

/** Fields that feeds and rankings share: the user, country, and algorithm of a ranking, and its state. */
@ObjectType({ simpleResolvers: true })
export abstract class RankingFactsType {
  @Field(() => String, { nullable: true, description: 'Key of the user. Null: anonymous user.' })
  userKey!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Country that the ranking is for, ISO 3166-1 alpha-2: of the request, else of the trusted proxy's header, else the last one in the profile of the user. Null: unknown.",
  })
  country!: string | null;

  @Field(() => Boolean, { description: 'Whether the ranking uses the interactions of the user.' })
  personalized!: boolean;

  @Field(() => AlgorithmEnum, { description: 'Ranking algorithm.' })
  algorithm!: 'v1' | 'v2';

  @Field(() => String, { description: ALGORITHM_VERSION })
  algorithmVersion!: string;

  @Field(() => String, { description: 'Version of the ranking config: a hash of its values.' })
  configVersion!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Version of the ranking model: learned weights, and counts of the choices of all users. `default`: none was published yet. Null: algorithm v1 has no model.',
  })
  modelVersion!: string | null;

  @Field(() => DateTime, {
    description:
      'Time of the ranking, to which ages and decay are computed: the start of the minute, or a later end of a market within it.',
  })
  generatedAt!: Date;

  @Field(() => Boolean, {
    description:
      'Whether an input of the ranking was missing or old; `degradedReasons` names it. The ranking is usable.',
  })
  degraded!: boolean;

  @Field(() => [DegradedReasonEnum], {
    description: 'Inputs of the ranking that were missing or old. Empty: none.',
  })
  degradedReasons!: readonly DegradedReason[];
}

@ObjectType('FeedItem', { simpleResolvers: true, description: 'Market at a rank of a feed.' })
export class FeedItemType {
  @Field(() => ID, { description: 'Id of the feed and rank: `<feed id>:<rank>`. Opaque.' })
  id!: string;

  @Field(() => Int, { description: 'Rank in the feed, from 1. The hero has rank 1.' })
  rank!: number;

  @Field(() => FeedSectionEnum, {
    description:
      'Section of the page, as reports of impressions name it: HERO for rank 1, GRID for ranks 2–10, STREAM from rank 11.',
  })
  section!: 'HERO' | 'GRID' | 'STREAM';

  @Field(() => Int, { description: 'Position in the section, from 0, as reports of impressions count it.' })
  position!: number;

  @Field(() => MarketType, { description: 'The market.' })
  market!: MarketType;

  @Field(() => Float, { nullable: true, description: FINAL_SCORE })
  score!: number | null;

  @Field(() => ScorePartsType, { nullable: true, description: SCORE_PARTS })
  scores!: ScorePartsType | null;

  @Field(() => FeedSlotEnum, {
    nullable: true,
    description: 'Slot of the item. Null: the algorithm has no slots.',
  })
  slot!: keyof typeof FeedSlotEnum | null;

  @Field(() => MarketBadgeEnum, {
    nullable: true,
    description: 'Badge for the card. Null: none applies, or the item follows the first page of the feed.',
  })
  badge!: keyof typeof MarketBadgeEnum | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Probability of selecting this market for exploration, 0–1. Null: not an explored item, or the caller is no service and no staff.',
  })
  propensity!: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'One short English sentence: the badge MOVED if the item has it, then the largest score components, two phrases in all; or that the market is new or rarely shown, for the slot EXPLORATION. Null: no component contributes enough, or the caller is no service and no staff.',
  })
  reason!: string | null;

  @Field(() => [ScorePartEnum], {
    description:
      'Score components that `reason` names, in its order, for sites that write their own sentence. Empty: `reason` is null, or names only the slot EXPLORATION or the badge MOVED.',
  })
  reasonParts!: ComponentName[];
}

@ObjectType('FeedItemEdge', { simpleResolvers: true, description: 'Feed item with its cursor.' })
export class FeedItemEdgeType {
  @Field(() => String, { description: 'Cursor: as `after`, continues this feed behind this item. Opaque.' })
  cursor!: string;

  @Field(() => FeedItemType, { description: 'The item.' })
  node!: FeedItemType;
}

@ObjectType('FeedItemConnection', { simpleResolvers: true, description: 'Part of the items of a feed.' })
export class FeedItemConnectionType {
  @Field(() => [FeedItemEdgeType], { description: 'Items with their cursors, by rank.' })
  edges!: FeedItemEdgeType[];

  @Field(() => [FeedItemType], { description: 'The same items without cursors.' })
  nodes!: FeedItemType[];

  @Field(() => PageInfoType, { description: 'Cursors and the neighboring pages.' })
  pageInfo!: PageInfoType;
}

@ObjectType('Feed', {
  simpleResolvers: true,
  description:
    'Personalized feed. The same request gets the same feed for up to a minute on every replica, unless an event of the user, the config, the catalog, the trends, or a missing input (`degradedReasons`) changes it.',
})
export class FeedType extends RankingFactsType {
  @Field(() => ID, {
    description: 'Id of the feed, for `servedFeed` and for the `feedId` of events. Opaque.',
  })
  id!: string;

  @Field(() => FeedItemType, {
    nullable: true,
    description: 'Best item with an image, or the best item if none has one. Null: no market to show.',
  })
  hero!: FeedItemType | null;

  @Field(() => [FeedItemType], { description: 'Next items of the first page, at most 9.' })
  grid!: FeedItemType[];

  @Field(() => [FeedItemType], { description: 'Remaining items of the first page.' })
  stream!: FeedItemType[];
}

@ObjectType('ServedFeed', { simpleResolvers: true, description: 'Feed that was served, to continue it.' })
export class ServedFeedType extends RankingFactsType {
  @Field(() => ID, { description: 'Id of the feed. Opaque.' })
  id!: string;
}
