import { expect, it } from 'vitest';
import { generatePages } from '../../../scripts/generate-docs.ts';

it.each(generatePages())('$file is what `npm run docs` generates', ({ current, generated }) => {
  expect(current).toBe(generated);
});
