import { clampToUnit } from '../shared/probability.js';
import type {
  Component,
  ContextComponent,
  ImpersonalComponent,
  PersonalComponent,
  TrendComponent,
} from './component.js';
import { interestValues, negativeValues } from './components/affinity.js';
import { collaborativeValues } from './components/collaborative.js';
import { popularHere } from './components/context-users.js';
import { continuityValues } from './components/continuity.js';
import { groupDemand } from './components/group-demand.js';
import { similarityValues } from './components/similarity.js';
import { closing, freshness, news, sports } from './components/timing.js';
import { trending } from './components/trending.js';
import { depthValues, followupValues } from './components/viewing.js';
import { familyValues } from './components/family.js';
import { ladderValues } from './components/ladder.js';
import { lastMarketValues } from './components/last-market.js';
import { marketMovesValues, seriesMovesValues } from './components/moves.js';
import { nextSiblingValues } from './components/next-sibling.js';
import { sameDateValues } from './components/same-date.js';
import { siblingDirectionValues } from './components/sibling-direction.js';
import { horizonDemand, popular7d, templateHorizon, touched } from './components/site-activity.js';
import { textSimilarityValues } from './components/text-similarity.js';
import { userHorizonValues } from './components/user-horizon.js';
import { weekHourValues } from './components/week-hour.js';
import { horizonsAt } from './horizon.js';
import type { ComponentConstants } from './constants.js';

/**
 * The score components of algorithm v2, in the order in which the score adds them; another order changes the last bits of
 * a score. A component's weight is in the config under `v2.weights` by its name. The discount is the product of
 * impression discount and engagement discount, 0–1.
 *
 *     final = discount · (Σ weight · personal + Σ weight · impersonal) − Σ weight · penalty
 *
 * A sum below 0 is not discounted, because the discount would raise it. Components with a `learnedScale` are features with a
 * weight of their own in the learned model (docs/model-card.md); the weights of the others are multiplied together.
 *
 * To add a component, write its formula, add it to this list, give its weight a default in `config/default.yaml`, and
 * describe it in docs/algorithm-v2.md. A personal component may have upper bounds (see `PersonalValues`), which make it
 * cheap in large catalogs.
 */
export const COMPONENTS_V2 = [
  {
    name: 'interest',
    description: "The user's affinity to the market's topics, at most 1.",
    kind: 'personal',
    dependsOn: 'TOPICS',
    create: ({ affinity }) => interestValues(affinity),
  },
  {
    name: 'similarity',
    description: 'Similarity to markets that the user engaged with, 0–1.',
    kind: 'personal',
    create: ({ similarity }) => similarityValues(similarity),
  },
  {
    name: 'continuity',
    description:
      'Recent engagement with a market of the same event or with one created shortly before or after, 0–1. v2 only.',
    kind: 'personal',
    create: ({ continuity }) => continuityValues(continuity),
  },
  {
    name: 'depth',
    description: "The user's mean dwell time on markets of the same category, 0–1; 1 from 30 s.",
    kind: 'personal',
    dependsOn: 'TOPICS',
    create: depthValues,
  },
  {
    name: 'followup',
    description: "Move of the market's odds since the user's last view, 0–1.",
    kind: 'personal',
    create: followupValues,
  },
  {
    name: 'negative',
    description: "The user's negative affinity to the market's topics, 0–1; subtracted.",
    kind: 'penalty',
    dependsOn: 'TOPICS',
    create: negativeValues,
  },
  {
    name: 'trending',
    description: 'Blend of local and global trend, and in v2 of popularity over weeks, 0–1.',
    kind: 'trend',
    values: (trends, constants) => (row) => trending(trends, row, constants.trend),
  },
  {
    name: 'rising',
    description: "Move of the market's odds within 24 hours, 0–1.",
    kind: 'trend',
    values:
      ({ rising }) =>
      (row) =>
        clampToUnit(rising[row] as number),
  },
  {
    name: 'editorial',
    description: 'The editorial boost, 0–1.',
    kind: 'impersonal',
    values:
      ({ columns: { editorialBoost } }) =>
      (row) =>
        clampToUnit(editorialBoost[row] as number),
  },
  {
    name: 'news',
    description: 'Boost of a young news market, 0–1 in v2 and 0–0.8 in v1.',
    kind: 'impersonal',
    values:
      ({ columns: { isNews, createdAtMs }, nowMs }) =>
      (row) =>
        news(isNews[row] as number, createdAtMs[row] as number, nowMs),
  },
  {
    name: 'sports',
    description: 'Boost of a match in 24 to 72 hours: 0 or 1 in v2, 0 or 0.5 in v1.',
    kind: 'impersonal',
    values:
      ({ columns: { isSports, resolvesAtMs }, nowMs }) =>
      (row) =>
        sports(isSports[row] as number, resolvesAtMs[row] as number, nowMs),
  },
  {
    name: 'closing',
    description: "Closeness of the market's end, 0.1–1. v2 only.",
    kind: 'impersonal',
    values:
      ({ columns: { resolvesAtMs }, nowMs }) =>
      (row) =>
        closing(resolvesAtMs[row] as number, nowMs),
  },
  {
    name: 'freshness',
    description: "Decreasing function of the market's age, 0–1.",
    kind: 'impersonal',
    values:
      ({ columns: { createdAtMs }, nowMs, constants }) =>
      (row) =>
        freshness(createdAtMs[row] as number, nowMs, constants.freshness),
  },
  {
    name: 'last',
    description: 'Similarity to the market that the user engaged with last, 0–1. v2 only.',
    kind: 'personal',
    learnedScale: 0.1,
    create: () => lastMarketValues(),
  },
  {
    name: 'textSimilarity',
    description:
      'Similarity to the market that the user engaged with last, by text vectors, 0–1; 0 without them. v2 only.',
    kind: 'personal',
    learnedScale: 0.1,
    create: () => textSimilarityValues(),
  },
  {
    name: 'ladder',
    description:
      'Closeness to a recently engaged market whose title differs in numbers and dates only, 0–1. v2 only.',
    kind: 'personal',
    learnedScale: 0.1,
    create: () => ladderValues(),
  },
  {
    name: 'fam',
    description: "Recency of the user's latest engagement in the market's family of events, 0–1. v2 only.",
    kind: 'personal',
    learnedScale: 0.3,
    create: () => familyValues(),
  },
  {
    name: 'sib1',
    description: 'Closeness in creation order to the latest engaged markets, 0–1. v2 only.',
    kind: 'personal',
    learnedScale: 0.05,
    create: () => nextSiblingValues(),
  },
  {
    name: 'sibDir',
    description:
      'Whether the market continues in the direction in which the user moves through creation order; about −3 to 3. v2 only.',
    kind: 'personal',
    learnedScale: 0.3,
    create: () => siblingDirectionValues(),
  },
  {
    name: 'trMarket',
    description: "How often users moved on from the user's latest markets to this one, 0–1.75. v2 only.",
    kind: 'personal',
    learnedScale: 0.02,
    create: () => marketMovesValues(),
  },
  {
    name: 'trSeries',
    description: "How often users moved on from the user's latest series to this one, 0–1.75. v2 only.",
    kind: 'personal',
    learnedScale: 0.05,
    create: () => seriesMovesValues(),
  },
  {
    name: 'horizonUser',
    description:
      'Log ratio of how often the user and how often all users choose markets that end this soon. v2 only.',
    kind: 'personal',
    learnedScale: 1,
    create: () => userHorizonValues(),
  },
  {
    name: 'sameDate',
    description:
      'Recency of an engagement with a market that ends within 12 hours of this one, 0–1. v2 only.',
    kind: 'personal',
    learnedScale: 0.3,
    create: () => sameDateValues(),
  },
  {
    name: 'collaborative',
    description:
      "Preference of the user for the market by the engagements of all users, 0–1; 0 if `learning.collaborative.method` is off or the component's weight is 0. v2 only.",
    kind: 'personal',
    learnedScale: 0.3,
    create: () => collaborativeValues(),
  },
  {
    name: 'horizonAll',
    description:
      'Log ratio of how often users choose markets that end this soon and how often markets do. v2 only.',
    kind: 'impersonal',
    learnedScale: 1,
    values: ({ columns: { catalogEndsMs, resolvesAtMs }, signals, nowMs }) => {
      const demand = horizonDemand(signals.horizonShares, horizonsAt(catalogEndsMs, nowMs).counts);
      const { ofRow } = horizonsAt(resolvesAtMs, nowMs);
      return (row) => demand[ofRow[row] as number] as number;
    },
  },
  {
    name: 'horizonTemplate',
    description:
      'Log ratio of how often markets with this title template and how often all are chosen this long before their end. v2 only.',
    kind: 'impersonal',
    learnedScale: 1,
    values:
      ({ columns: { patterns, resolvesAtMs }, signals, nowMs }) =>
      (row) =>
        templateHorizon(
          signals,
          patterns.template.keyOf(patterns.template.ids[row] as number),
          resolvesAtMs[row] as number,
          nowMs,
        ),
  },
  {
    name: 'popular7d',
    description: 'Log of the number of users of the last week, 0 or more. v2 only.',
    kind: 'impersonal',
    learnedScale: 0.5,
    values:
      ({ activity, nowMs }) =>
      (row) =>
        popular7d(activity.recentUsers(row), activity.lastAtMs(row), nowMs),
  },
  {
    name: 'touched',
    description: 'Recency of the latest engagement of any user, 0–1. v2 only.',
    kind: 'impersonal',
    learnedScale: 0.1,
    values:
      ({ activity, nowMs }) =>
      (row) =>
        touched(activity.lastAtMs(row), nowMs),
  },
  {
    name: 'weekHour',
    description:
      'Log ratio of how often the user chooses markets of this category at this hour of the week and at any hour. v2 only.',
    kind: 'personal',
    dependsOn: 'TOPICS',
    learnedScale: 0.5,
    create: () => weekHourValues(),
  },
  {
    name: 'groupDemand',
    description:
      'Log ratio of how often users choose markets of this series, title template and source, and how often markets are of it. v2 only.',
    kind: 'impersonal',
    learnedScale: 1,
    values: groupDemand,
  },
  {
    name: 'popularHere',
    description:
      'Log of the number of users of the last week, as expected for this country and hour of the day, 0 or more. v2 only.',
    kind: 'context',
    learnedScale: 0.5,
    values: popularHere,
  },
] as const satisfies readonly Component[];

export type ComponentNameV2 = (typeof COMPONENTS_V2)[number]['name'];

/** Weights by component, 0 or more. */
export type WeightsV2 = Readonly<Record<ComponentNameV2, number>>;

/** The constants of algorithm v2; the values are in the ranking config under `v2`. */
export interface V2Constants extends ComponentConstants {
  readonly weights: WeightsV2;
}

type Named<Kind> = Kind & { readonly name: ComponentNameV2 };

/** The components that depend on the user, penalties included. */
export const PERSONAL_COMPONENTS: readonly Named<PersonalComponent>[] = COMPONENTS_V2.filter(
  (component) => component.kind === 'personal' || component.kind === 'penalty',
);

/** The components that are the same for all users from a country. */
export const TREND_COMPONENTS: readonly Named<TrendComponent>[] = COMPONENTS_V2.filter(
  (component) => component.kind === 'trend',
);

/** The components that are the same for all users. */
export const IMPERSONAL_COMPONENTS: readonly Named<ImpersonalComponent>[] = COMPONENTS_V2.filter(
  (component) => component.kind === 'impersonal',
);

/** The components that are the same for all users from a country, and depend on more than trends. */
export const CONTEXT_COMPONENTS: readonly Named<ContextComponent>[] = COMPONENTS_V2.filter(
  (component) => component.kind === 'context',
);
