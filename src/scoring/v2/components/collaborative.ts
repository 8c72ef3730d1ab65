import { itemsOfRows, type CollaborativeModel, type FoldedUser } from '../collaborative-model.js';
import type { LoadValues, PersonalValues } from '../component.js';

/** Latest engagements from which a user is inferred. */
export const COLLABORATIVE_ENGAGEMENTS = 100;

/** The values without a model. */
const NO_VALUES: PersonalValues = {
  fill: (rows, values) => {
    values.fill(0, 0, rows.length);
  },
  addBounds: () => undefined,
};

/**
 * The component `collaborative`: the preference of the user for the market, inferred by a model of all users from the
 * user's latest 100 engagements.
 *
 * Range 0 to 1; 0 for these engagements, for markets that the model does not know, and without a model. The user is inferred
 * when a value is first read. Source: algorithm v2; docs/model-card.md describes the models.
 */
export function collaborativeValues(): LoadValues {
  return ({ columns, engaged, signals: { collaborative } }) => {
    if (collaborative === null) return NO_VALUES;
    const items = itemsOfRows(collaborative, columns);
    let folded: FoldedUser | undefined;
    const valueOf = (row: number): number => {
      folded ??= collaborative.foldIn(latestItems(collaborative, engaged.marketIds, engaged.count));
      const item = items[row] as number;
      return item < 0 ? 0 : folded.preferenceFor(item);
    };
    return {
      fill(rows, values) {
        for (let i = 0; i < rows.length; i += 1) values[i] = valueOf(rows[i] as number);
      },
      addBounds(weight, bounds) {
        for (let row = 0; row < bounds.length; row += 1)
          bounds[row] = (bounds[row] as number) + weight * valueOf(row);
      },
    };
  };
}

function latestItems(
  model: CollaborativeModel,
  marketIds: readonly string[],
  count: number,
): readonly number[] {
  return marketIds
    .slice(0, Math.min(count, COLLABORATIVE_ENGAGEMENTS))
    .flatMap((marketId) => model.itemOf(marketId) ?? []);
}
