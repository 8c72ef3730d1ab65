/** An item that a served slate showed in a slot. */
export interface LoggedSlot<Item> {
  readonly item: Item;
  /** Probability with which the logging policy selected this item for this slot, in (0, 1]. */
  readonly propensity: number;
  readonly reward: number;
}

/** A served slate with what it earned. */
export interface LoggedSlate<Context, Item> {
  /** Slates of one user may depend on each other; those of different users do not. */
  readonly user: string;
  readonly context: Context;
  readonly slots: readonly LoggedSlot<Item>[];
}

/** A policy to evaluate. Its probabilities for one slot sum to 1 over the items. */
export interface Policy<Context, Item> {
  probabilities: (context: Context, slot: number) => Iterable<readonly [item: Item, probability: number]>;
}

/**
 * Predicts the reward of an item in a slot. The doubly robust estimate is right on average for any model that does not
 * read the evaluated rewards, and precise for a good one.
 */
export interface RewardModel<Context, Item> {
  predict: (context: Context, item: Item, slot: number) => number;
}

/** A slot, with the probabilities of both policies reduced to one weight. */
export interface WeightedSlot {
  /** Probability under the evaluated policy, divided by the propensity. Its mean over the logs is 1 with full support. */
  readonly weight: number;
  readonly reward: number;
  /** Prediction for the logged item, and the mean prediction under the evaluated policy; both 0 without a model. */
  readonly predicted: number;
  readonly expected: number;
}

export interface WeightedSlate {
  readonly user: string;
  readonly slots: readonly WeightedSlot[];
}

/**
 * Weighs each slot of a logged slate by the evaluated policy.
 *
 * @param model for the doubly robust estimate; null leaves its predictions 0.
 * @throws RangeError if a propensity is not in (0, 1].
 */
export function weighSlate<Context, Item>(
  { user, context, slots }: LoggedSlate<Context, Item>,
  policy: Policy<Context, Item>,
  model: RewardModel<Context, Item> | null = null,
): WeightedSlate {
  const weighted = slots.map(({ item, propensity, reward }, slot) => {
    if (!(propensity > 0 && propensity <= 1)) {
      throw new RangeError(
        `The propensity of a logged item is ${propensity}; it must be above 0 and at most 1.`,
      );
    }
    let ofLogged = 0;
    let expected = 0;
    for (const [candidate, probability] of policy.probabilities(context, slot)) {
      if (candidate === item) ofLogged += probability;
      if (model !== null && probability > 0)
        expected += probability * model.predict(context, candidate, slot);
    }
    const predicted = model === null ? 0 : model.predict(context, item, slot);
    return { weight: ofLogged / propensity, reward, predicted, expected };
  });
  return { user, slots: weighted };
}

/** The slates reduced to one slot. Slates that are shorter are left out. */
export function slotOf(slates: readonly WeightedSlate[], slot: number): WeightedSlate[] {
  return slates.flatMap(({ user, slots }) => {
    const only = slots[slot];
    return only === undefined ? [] : [{ user, slots: [only] }];
  });
}

/** Limits every weight from above. It trades variance for a bias toward rewards of 0. */
export function clipWeights(slates: readonly WeightedSlate[], limit: number): WeightedSlate[] {
  return slates.map(({ user, slots }) => ({
    user,
    slots: slots.map((slot) => (slot.weight > limit ? { ...slot, weight: limit } : slot)),
  }));
}
