import { describe, expect, it, vi } from 'vitest';
import type { Exposure } from '../../../../src/domain/exposure.js';
import { composeFeed } from '../../../../src/feed/pipeline.js';
import type { RankingInputs } from '../../../../src/feed/ranking-inputs.js';
import { Exposures } from '../../../../src/feed/side-effects/exposures.js';
import { RankingWorkspace } from '../../../../src/feed/workspace.js';
import { emptySnapshot, patchSnapshot } from '../../../../src/catalog/catalog-snapshot.js';
import { loadRankingConfig } from '../../../../src/config/ranking-config.js';
import { DAY_MS, HOUR_MS } from '../../../../src/lib/time.js';
import { DEFAULT_MODEL } from '../../../../src/scoring/v2/ranking-model.js';
import { NO_TRENDS } from '../../../../src/trends/trend-columns.js';
import { TrendState } from '../../../../src/trends/trend-state.js';
import { three } from '../../../support/feed-parts.js';
import { recordingLogger } from '../../../support/log-lines.js';
import { NOON_MS } from '../../../support/profile-events.js';

const START_MS = Math.floor(NOON_MS / DAY_MS) * DAY_MS;

const inputsAt = (nowMs: number): RankingInputs => ({
  ...{ nowMs, userKey: 'ann', country: null, profile: null, personal: true, algorithm: 'v1', limit: 3 },
  ...{ snapshot: patchSnapshot(emptySnapshot, three, 1n), past: new Map() },
  ...{ trends: new TrendState(NO_TRENDS, nowMs), model: DEFAULT_MODEL },
  ...{ config: loadRankingConfig(undefined), configVersion: 'control' },
  assigned: { arms: { page: 'control' }, seedVersion: 'control' },
});

/** Exposures of a user whose other arm ranks like `inputsAt`. */
function exposuresOf() {
  const stored: Exposure[][] = [];
  const { logger, lines } = recordingLogger();
  const state = { active: true, fails: false, compared: 0 };
  const exposures = new Exposures({
    store: {
      addExposures: (batch) => {
        if (state.fails) return Promise.reject(new Error('no database'));
        stored.push([...batch]);
        return Promise.resolve();
      },
    },
    otherArms: (inputs) => {
      state.compared += 1;
      return [{ ...inputs, configVersion: 'other' }];
    },
    mayStore: () => state.active,
    workspace: new RankingWorkspace(),
    logger,
  });
  const observe = async (nowMs: number, marketIds: readonly string[]): Promise<void> => {
    const page = marketIds.map((marketId) => ({
      marketId,
      number: 1,
      score: 1,
      slot: null,
      badge: null,
      propensity: null,
    }));
    exposures.observe(inputsAt(nowMs), { userKey: 'ann', page });
    await exposures.drain();
  };
  return { exposures, observe, stored, state, lines };
}

/** The page of the inputs, and one in another order. */
const SAME = composeFeed(inputsAt(START_MS), new RankingWorkspace()).items.map(({ market }) => market.id);
const OTHER = SAME.toReversed();

describe('exposures', () => {
  it('are stored once a day, if the page of another arm differs', async () => {
    const { observe, stored, state } = exposuresOf();
    await observe(START_MS, OTHER);
    await observe(START_MS + HOUR_MS, OTHER);
    await observe(START_MS + 23 * HOUR_MS, OTHER);
    expect(state.compared).toBe(1);
    await observe(START_MS + DAY_MS, OTHER);
    const exposure = { userKey: 'ann', experiment: 'page', arm: 'control' };
    expect(stored).toEqual([
      [{ ...exposure, exposedAtMs: START_MS }],
      [{ ...exposure, exposedAtMs: START_MS + DAY_MS }],
    ]);
  });

  it('are looked for once an hour while the pages are equal', async () => {
    const { observe, stored, state } = exposuresOf();
    await observe(START_MS, SAME);
    await observe(START_MS + HOUR_MS - 1, OTHER);
    expect(state.compared).toBe(1);
    await observe(START_MS + HOUR_MS, SAME);
    expect([state.compared, stored.length]).toEqual([2, 0]);
    await observe(START_MS + 2 * HOUR_MS, OTHER);
    expect(stored).toHaveLength(1);
  });

  it('are retried with a later feed if they could not be stored', async () => {
    const { observe, stored, state, lines } = exposuresOf();
    state.fails = true;
    await observe(START_MS, OTHER);
    expect(lines).toMatchObject([{ msg: 'failed to store exposures; retrying with later feeds' }]);
    state.fails = false;
    await observe(START_MS, OTHER);
    expect(stored).toHaveLength(1);
  });

  it('are not stored for a user who was erased, before or after the comparison', async () => {
    const { exposures, observe, stored, state } = exposuresOf();
    state.active = false;
    await observe(START_MS, OTHER);
    expect(stored).toEqual([]);
    state.active = true;
    const observed = observe(START_MS, OTHER);
    await vi.waitFor(() => expect(state.compared).toBe(2));
    await exposures.dropData(['ann']);
    await observed;
    expect(stored).toEqual([]);
  });
});
