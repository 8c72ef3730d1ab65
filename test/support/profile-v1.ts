import { CodecWriter } from '../../src/storage/codec/codec-writer.js';
import type { EngagementState, FullProfile } from '../../src/domain/profile.js';

/** Topics that a market of format 1 has when its engagement has none. */
const NO_TOPICS = { category: 'none', tags: [] };

/**
 * Encodes a profile in format 1, as version 0.1 did: one column with everything, in which each topic has its lifetime
 * sums and each engagement its topics.
 */
export function encodeProfileV1(profile: FullProfile): Uint8Array {
  const body = new CodecWriter();
  body.whole(profile.totalInteractions);
  body.list(profile.country === null ? [] : [profile.country], (country) => {
    body.text(country);
  });
  body.time(profile.lastActiveAtMs);
  body.time(profile.sessionStartedAtMs);
  body.whole(profile.sessionInteractions);
  body.list([...profile.topics], ([id, topic]) => {
    const lifetime = profile.lifetime.topics.get(id);
    body.whole(topic.kind === 'CATEGORY' ? 1 : 0);
    body.text(topic.key);
    body.text(topic.label);
    body.number(lifetime?.points ?? 0);
    body.number(topic.longTerm);
    body.number(topic.session);
    body.time(topic.updatedAtMs);
    body.number(lifetime?.dwellMsTotal ?? 0);
    body.whole(lifetime?.dwellEvents ?? 0);
  });
  body.values(profile.engagements, (engagement) => {
    writeEngagement(body, engagement);
  });
  body.list([...profile.hidden], ([marketId, hiddenAtMs]) => {
    body.text(marketId);
    body.time(hiddenAtMs);
  });
  body.values(profile.impressions, ({ marketId, shownAtMs, probability, volume24h, clickedSince }) => {
    body.text(marketId);
    body.list(shownAtMs, (atMs) => {
      body.time(atMs);
    });
    body.number(probability);
    body.number(volume24h);
    body.whole(clickedSince ? 1 : 0);
  });
  body.list(profile.lifetime.stakes, ({ category, stake, atMs }) => {
    body.text(category);
    body.number(stake);
    body.time(atMs);
  });
  const { bytes, strings } = body.take();
  const stored = new CodecWriter();
  stored.whole(1);
  stored.list(strings, (text) => {
    stored.utf8(text);
  });
  stored.raw(bytes);
  return stored.take().bytes;
}

function writeEngagement(body: CodecWriter, engagement: EngagementState): void {
  const { category, tags } = engagement.topics ?? NO_TOPICS;
  body.text(engagement.marketId);
  body.time(engagement.engagedAtMs);
  body.number(engagement.weight);
  body.time(engagement.viewedAtMs);
  body.number(engagement.viewProbability);
  body.time(engagement.tradedAtMs);
  body.number(engagement.tradedProbability);
  body.text(category);
  body.list(tags, (tag) => {
    body.text(tag);
  });
}
