import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diversifyFirstPage, feedSections } from '../../../../src/scoring/v1/page-layout.js';

/** Items written as a category letter and a number, such as `a1`. */
const diversify = (...ids: string[]): string[] => diversifyFirstPage(ids, (id) => id.charAt(0));

const items = fc
  .array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 40 })
  .map((categories) => categories.map((category, i) => `${category}${i}`));
const mostOfOne = (ids: string[]): number =>
  Math.max(0, ...'abcde'.split('').map((category) => ids.filter((id) => id.startsWith(category)).length));

describe('first-page diversity', () => {
  it('does not change a list within the limit', () => {
    const list = ['a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'c1', 'c2', 'c3', 'c4', 'c5'];
    expect(diversify(...list)).toEqual(list);
  });

  it('moves the fourth of a category behind the ninth position, in the original order', () => {
    expect(
      diversify('a1', 'a2', 'a3', 'a4', 'b1', 'a5', 'b2', 'b3', 'b4', 'c1', 'c2', 'c3', 'a6', 'd1'),
    ).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'c1', 'c2', 'c3', 'a4', 'a5', 'b4', 'a6', 'd1']);
  });

  it('relaxes the limit when there are too few categories to fill nine positions', () => {
    expect(diversify('a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'a6', 'a7', 'a8', 'a9')).toEqual([
      'a1',
      'a2',
      'a3',
      'b1',
      'a4',
      'a5',
      'a6',
      'a7',
      'a8',
      'a9',
    ]);
    expect(diversify('a1', 'a2', 'a3', 'a4')).toEqual(['a1', 'a2', 'a3', 'a4']);
    expect(diversify()).toEqual([]);
  });

  it('keeps every item exactly once', () => {
    fc.assert(
      fc.property(items, (list) => {
        expect(diversify(...list).sort()).toEqual(list.toSorted());
      }),
    );
  });

  it('keeps the limit whenever it allows nine items', () => {
    fc.assert(
      fc.property(items, (list) => {
        const fillable = 'abcde'
          .split('')
          .map((category) => Math.min(3, list.filter((id) => id.startsWith(category)).length))
          .reduce((sum, count) => sum + count, 0);
        if (fillable >= 9) expect(mostOfOne(diversify(...list).slice(0, 9))).toBeLessThanOrEqual(3);
      }),
    );
  });

  it('keeps the order within a category and the first item', () => {
    fc.assert(
      fc.property(items, (list) => {
        const result = diversify(...list);
        expect(result[0]).toBe(list[0]);
        for (const category of 'abcde') {
          const within = (ids: string[]) => ids.filter((id) => id.startsWith(category));
          expect(within(result)).toEqual(within(list));
        }
      }),
    );
  });
});

describe('feed sections', () => {
  const sections = (ids: string[], withImage: string[]) => feedSections(ids, (id) => withImage.includes(id));
  const twelve = Array.from({ length: 12 }, (_, i) => `m${i + 1}`);

  it('makes the first item with an image the hero, the next nine the grid, and the rest the stream', () => {
    expect(sections(twelve, ['m3', 'm5'])).toEqual({
      hero: 'm3',
      grid: ['m1', 'm2', 'm4', 'm5', 'm6', 'm7', 'm8', 'm9', 'm10'],
      stream: ['m11', 'm12'],
    });
  });

  it('makes the first item the hero when none has an image', () => {
    expect(sections(twelve, [])).toMatchObject({ hero: 'm1', stream: ['m11', 'm12'] });
  });

  it('leaves sections empty when there are few items', () => {
    expect(sections([], [])).toEqual({ hero: null, grid: [], stream: [] });
    expect(sections(['m1'], ['m1'])).toEqual({ hero: 'm1', grid: [], stream: [] });
    expect(sections(['m1', 'm2'], ['m2'])).toEqual({ hero: 'm2', grid: ['m1'], stream: [] });
  });
});
