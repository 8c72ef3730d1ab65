import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { drawOthers, Learner, rejectionOf } from '../../../src/learning/learner.js';
import { defaultWeights, INPUTS } from '../../../src/learning/learning-features.js';
import type { WeightsV2 } from '../../../src/scoring/v2/components.js';
import { LEARNED_COMPONENTS } from '../../../src/scoring/v2/ranking-model.js';

const { weights } = loadRankingConfig(undefined).v2;
const OTHERS = 1_000;

/** A learner after choices of markets with the highest sum by the true weights, plus noise; `shuffled`: of any markets. */
function learnerAfter(choices: number, configured: WeightsV2, { shuffled = false, rejections = false } = {}) {
  const rng = xoroshiro128plus(5);
  const truth = defaultWeights(weights);
  const learner = new Learner(configured);
  let everTrusted = false;
  for (let choice = 0; choice < choices; choice += 1) {
    const rows = Array.from({ length: 101 }, () =>
      Float64Array.from(INPUTS, () => (uniformInt(rng, 0, 3) === 0 ? uniformFloat64(rng) * 4 : 0)),
    );
    const utility = rows.map(
      (row) =>
        row.reduce((sum, value, input) => sum + value * (truth[input] as number), 0) -
        Math.log(-Math.log(uniformFloat64(rng) || Number.MIN_VALUE)),
    );
    const best = shuffled ? uniformInt(rng, 0, 100) : utility.indexOf(Math.max(...utility));
    const chosen = rows.splice(best, 1);
    if (rejections)
      learner.reject(
        rows.toSorted(() => uniformFloat64(rng) - 0.5),
        1,
      );
    learner.learn([...chosen, ...rows], OTHERS);
    everTrusted ||= learner.weights !== null;
  }
  return { learner, everTrusted };
}

describe('the learner', () => {
  it('recovers from a wrong start: every second feature times 5, and the others 0', () => {
    const wrong = {
      ...weights,
      ...Object.fromEntries(
        LEARNED_COMPONENTS.map(({ name }, index) => [name, index % 2 === 0 ? 5 * weights[name] : 0]),
      ),
    };
    const { learner, everTrusted } = learnerAfter(3_000, wrong);
    expect(everTrusted).toBe(true);
    const learned = learner.weights?.features;
    expect(learned?.last).toBeLessThan(3 * weights.last);
    expect(learned?.ladder).toBeGreaterThan(weights.ladder / 2);
    expect(learned?.sib1).toBeGreaterThan(weights.sib1 / 2);
  });

  it('never trusts weights that it learned from shuffled choices', () => {
    const { learner, everTrusted } = learnerAfter(3_000, weights, { shuffled: true });
    expect(everTrusted).toBe(false);
    expect(learner.weights).toBeNull();
    expect(learner.state.trust.choices).toBe(3_000);
  });

  it('never trusts weights that it learned from shuffled choices and rejections', () => {
    const { learner, everTrusted } = learnerAfter(2_000, weights, { shuffled: true, rejections: true });
    expect(everTrusted).toBe(false);
    expect(learner.state.trust.choices).toBe(2_000);
  });

  it('lowers the weight of a feature by which users turn markets down', () => {
    const last = INPUTS.indexOf('last');
    const similar = new Float64Array(INPUTS.length);
    similar[last] = 4;
    const others = Array.from({ length: 100 }, () => new Float64Array(INPUTS.length));
    const learner = new Learner(weights);
    const before = learner.state;
    for (let rejection = 0; rejection < 20; rejection += 1) learner.reject([similar, ...others], 0.5);
    learner.reject([similar], 0.5);
    expect(learner.state.weights[last]).toBeLessThan((before.weights[last] ?? NaN) / 2);
    expect(learner.state.trust).toEqual(before.trust);
  });

  it('counts an event as a rejection by the strength in the config', () => {
    const strengths = { HIDE: 1, NOT_INTERESTED: 0.5, SKIP_FAST: 0.1, SCROLL_PAST: 0 };
    expect(rejectionOf('HIDE', strengths)).toBe(1);
    expect(rejectionOf('SKIP_FAST', strengths)).toBe(0.1);
    expect(rejectionOf('SCROLL_PAST', strengths)).toBeNull();
    expect(rejectionOf('CLICK', strengths)).toBeNull();
  });

  it('continues from a stored state', () => {
    const { learner } = learnerAfter(200, weights);
    const restored = new Learner(weights, structuredClone(learner.state));
    const rows = [Float64Array.from(INPUTS, (_, index) => index), new Float64Array(INPUTS.length)];
    learner.learn(rows, 5);
    restored.learn(rows, 5);
    expect(restored.state).toEqual(learner.state);
  });

  it('draws distinct eligible markets, the same for a seed, and each about as often', () => {
    const eligible = (index: number) => index % 2 === 0;
    const drawn = drawOthers(1_000, eligible, 9);
    expect(new Set(drawn).size).toBe(100);
    expect(drawn.every(eligible)).toBe(true);
    expect(drawOthers(1_000, eligible, 9)).toEqual(drawn);
    expect(drawOthers(10, eligible, 9).toSorted((a, b) => a - b)).toEqual([0, 2, 4, 6, 8]);
    const counts = new Float64Array(300);
    for (let seed = 0; seed < 900; seed += 1) {
      for (const index of drawOthers(300, () => true, seed)) counts[index] = (counts[index] ?? 0) + 1;
    }
    // Each of 300 is drawn in a third of 900 draws, with a standard deviation of 14.
    expect(Math.min(...counts)).toBeGreaterThan(240);
    expect(Math.max(...counts)).toBeLessThan(360);
  });
});
