import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { addGain, meanGain, NO_TRUST, type TrustState } from '../../../src/learning/trust.js';

/** The trust after choices with these mean gains and a noise of ±0.5. */
function trustAfter(
  choices: number,
  means: { readonly overDefault: number; readonly overChance: number },
  from: TrustState = NO_TRUST,
): { trust: TrustState; everTrusted: boolean } {
  const rng = xoroshiro128plus(7);
  let trust = from;
  let everTrusted = false;
  for (let choice = 0; choice < choices; choice += 1) {
    const noise = uniformFloat64(rng) - 0.5;
    trust = addGain(trust, {
      overDefault: means.overDefault + noise,
      overChance: means.overChance + noise,
    });
    everTrusted ||= trust.isTrusted;
  }
  return { trust, everTrusted };
}

describe('the gate of the learned weights', () => {
  it('stays closed for the first 50 choices, however large the gain', () => {
    const gain = { overDefault: 0.9, overChance: 0.9 };
    let trust = NO_TRUST;
    for (let choice = 1; choice < 50; choice += 1) trust = addGain(trust, gain);
    expect(trust.isTrusted).toBe(false);
    expect(addGain(trust, gain).isTrusted).toBe(true);
  });

  it('opens for a gain above its standard error, and not for a loss', () => {
    expect(trustAfter(1_000, { overDefault: 0.1, overChance: 0.1 }).trust.isTrusted).toBe(true);
    expect(trustAfter(1_000, { overDefault: -0.1, overChance: 0.1 }).everTrusted).toBe(false);
  });

  it('stays closed for weights that only guess more evenly than the defaults', () => {
    expect(trustAfter(1_000, { overDefault: 0.1, overChance: -0.1 }).everTrusted).toBe(false);
  });

  it('closes when the learned weights become worse, and opens again when they recover', () => {
    const good = trustAfter(2_000, { overDefault: 0.1, overChance: 0.1 }).trust;
    expect(good.isTrusted).toBe(true);
    const bad = trustAfter(4_000, { overDefault: -0.2, overChance: 0.1 }, good).trust;
    expect(bad.isTrusted).toBe(false);
    expect(trustAfter(6_000, { overDefault: 0.2, overChance: 0.1 }, bad).trust.isTrusted).toBe(true);
  });

  it('measures a decayed mean and its standard error', () => {
    const { trust } = trustAfter(20_000, { overDefault: 0.2, overChance: 0.1 });
    const { mean, error } = meanGain(trust, 'overDefault');
    expect(mean).toBeCloseTo(0.2, 1);
    // The noise has a standard deviation of 0.289, and about 4,000 choices count.
    expect(error).toBeCloseTo(0.289 / Math.sqrt(4_000), 3);
    expect(meanGain(NO_TRUST, 'overDefault')).toEqual({ mean: 0, error: Infinity });
  });
});
