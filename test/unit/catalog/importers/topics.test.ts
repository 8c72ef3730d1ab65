import { describe, expect, it } from 'vitest';
import { categoryOf, distinctTags } from '../../../../src/catalog/importers/topics.js';

const labels = (...tags: string[]) => tags.map((label) => ({ label }));

describe('the topics of an imported market', () => {
  it.each([
    ['Tech', labels('sports'), 'Technology'],
    ['US-current-affairs', [], 'US Current Affairs'],
    [undefined, labels('world', 'nba', 'Sports'), 'Sports'],
    [undefined, labels('geopolitics', 'politics'), 'Politics'],
    [undefined, [{ label: 'Tech & AI', slug: 'tech' }], 'Technology'],
    [undefined, labels('economics-default'), 'Economy'],
    [undefined, labels('all', 'middle-east', 'oil'), 'Middle East'],
    [undefined, labels('all'), 'Other'],
    ['  ', [], 'Other'],
  ])('given %j and tags %j the category is %s', (given, tags, category) => {
    expect(categoryOf(given, tags)).toBe(category);
  });

  it('keeps each tag once, as first written, without "all"', () => {
    const tags = [
      ...labels('ALL', 'Middle East', 'middle-east', 'Oil', 'oil', ' '),
      { label: 'MENA', slug: 'middle-east' },
    ];
    expect(distinctTags(tags)).toEqual(['Middle East', 'Oil']);
  });
});
