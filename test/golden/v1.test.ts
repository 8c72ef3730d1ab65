import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { computeFeeds, formatFeeds, goldenFile, readGoldenFeeds } from './v1-case.js';

const feeds = computeFeeds();
if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(goldenFile, formatFeeds(feeds));

const howTo =
  'The ranking differs from test/golden/v1-ranking.json. Algorithm v1 is frozen, so this is probably a mistake. ' +
  'If it is intended, run UPDATE_GOLDEN=1 npx vitest run test/golden/v1.test.ts and review every changed line.';

describe('algorithm v1 on the frozen catalog', () => {
  const golden = readGoldenFeeds();

  it('covers every user of the fixture', () => {
    expect(
      golden.map(({ person }) => person),
      howTo,
    ).toEqual(feeds.map(({ person }) => person));
  });

  it.each(feeds)('computes exactly the committed ranking, scores and feed of "$person"', (feed) => {
    expect(feed, howTo).toEqual(golden.find(({ person }) => person === feed.person));
  });
});
