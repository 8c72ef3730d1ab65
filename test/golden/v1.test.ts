import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { computeFeeds, formatFeeds, goldenFile, readGoldenFeeds } from './v1-case.js';

const feeds = computeFeeds();
if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(goldenFile, formatFeeds(feeds));

const howTo =
  'The ranking differs from test/golden/v1-ranking.json. Algorithm v1 is frozen, so this is most likely a mistake; ' +
  'if it is meant, run UPDATE_GOLDEN=1 npx vitest run test/golden/v1.test.ts and read the difference line by line.';

describe('algorithm v1 over the frozen catalog', () => {
  const golden = readGoldenFeeds();

  it('covers every person of the case', () => {
    expect(
      golden.map(({ person }) => person),
      howTo,
    ).toEqual(feeds.map(({ person }) => person));
  });

  it.each(feeds)('gives "$person" exactly the committed ranking, scores and feed', (feed) => {
    expect(feed, howTo).toEqual(golden.find(({ person }) => person === feed.person));
  });
});
