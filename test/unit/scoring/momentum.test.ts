import { describe, expect, it } from 'vitest';
import { momentum, type MomentumFigures } from '../../../src/scoring/shared/momentum.js';

const figures: MomentumFigures = {
  probability: 0.6,
  probability1hAgo: 0.55,
  probability24hAgo: 0.9,
  volume24h: 300,
  volume24hADayAgo: 100,
  participantCount: 12,
  participantCount24hAgo: 15,
};

describe('the momentum of a market', () => {
  it('is by how much its odds and participants changed, and how many times its volume is what it was', () => {
    expect(momentum(figures)).toEqual({
      oddsChange1h: expect.closeTo(0.05, 12) as number,
      oddsChange24h: expect.closeTo(-0.3, 12) as number,
      volumeSpike: 3,
      participantDelta24h: -3,
    });
  });

  it('has no change of odds where the odds are not known now or then', () => {
    expect(momentum({ ...figures, probability: null })).toMatchObject({
      oddsChange1h: null,
      oddsChange24h: null,
    });
    expect(momentum({ ...figures, probability1hAgo: null })).toMatchObject({ oddsChange1h: null });
    expect(momentum({ ...figures, probability24hAgo: null })).toMatchObject({ oddsChange24h: null });
    expect(momentum({ ...figures, probability: 0, probability1hAgo: 0 })).toMatchObject({ oddsChange1h: 0 });
  });

  it('has a volume as ever where it is not known what it was, or it was nothing', () => {
    expect(momentum({ ...figures, volume24hADayAgo: null }).volumeSpike).toBe(1);
    expect(momentum({ ...figures, volume24hADayAgo: 0 }).volumeSpike).toBe(1);
    expect(momentum({ ...figures, volume24h: 0 }).volumeSpike).toBe(0);
    expect(momentum({ ...figures, volume24h: 1e300, volume24hADayAgo: 1e-10 }).volumeSpike).toBe(1);
  });

  it('has no change of participants where it is not known how many there were', () => {
    expect(momentum({ ...figures, participantCount24hAgo: null }).participantDelta24h).toBeNull();
    expect(momentum({ ...figures, participantCount24hAgo: 0 }).participantDelta24h).toBe(12);
  });
});
