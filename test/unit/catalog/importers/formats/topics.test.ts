import { describe, expect, it } from 'vitest';
import { categoryOf, tagLabels } from '../../../../../src/catalog/importers/formats/topics.js';

const labels = (...tags: string[]) => tags.map((label) => ({ label }));

describe('categoryOf', () => {
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
  ])('returns for category %j and tags %j: %s', (given, tags, category) => {
    expect(categoryOf(given, tags)).toBe(category);
  });
});

describe('tagLabels', () => {
  it('keeps the first spelling of each tag, without "all"', () => {
    const tags = [
      ...labels('ALL', 'Middle East', 'middle-east', 'Oil', 'oil', ' '),
      { label: 'MENA', slug: 'middle-east' },
    ];
    expect(tagLabels(tags)).toEqual(['Middle East', 'Oil']);
  });
});
