import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { computeFeeds, formatFeeds, goldenFile, readGoldenFeeds } from './v1-case.js';

const feeds = computeFeeds();
if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(goldenFile, formatFeeds(feeds));

const updateHint =
  'The ranking differs from test/golden/v1-ranking.json. Algorithm v1 is frozen, so this is probably a mistake. ' +
  'If it is intended, run UPDATE_GOLDEN=1 npx vitest run test/golden/v1.test.ts and review every changed line.';

describe('algorithm v1 on the frozen catalog', () => {
  const golden = readGoldenFeeds();

  it('has one committed feed for each user of v1-users.json', () => {
    expect(
      golden.map(({ user }) => user),
      updateHint,
    ).toEqual(feeds.map(({ user }) => user));
  });

  it.each(feeds)('computes exactly the committed ranking, scores and feed of "$user"', (feed) => {
    expect(feed, updateHint).toEqual(golden.find(({ user }) => user === feed.user));
  });
});
