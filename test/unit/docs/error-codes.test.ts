import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ERROR_CODES } from '../../../src/lib/errors.js';

const root = new URL('../../../', import.meta.url).pathname;

/** The codes that occur in the layers that send responses. */
function emittedCodes(): Set<string> {
  const codes = new Set<string>(ERROR_CODES);
  for (const file of globSync('src/{graphql,server,auth,lib}/**/*.ts', { cwd: root })) {
    const source = readFileSync(`${root}${file}`, 'utf8');
    const literals = source.matchAll(/\b(?:code|rejected)\??: (?:'[A-Z_]+' \| )*'([A-Z_]{3,})'/g);
    const apollo = source.matchAll(/\bApolloServerErrorCode\.([A-Z_]+)/g);
    for (const [, code = ''] of [...literals, ...apollo]) codes.add(code);
    for (const [, code = ''] of source.matchAll(/readonly rejected: '([A-Z_]+)'/g)) codes.add(code);
  }
  return codes;
}

it('docs/errors.md explains exactly the codes that the source can send', () => {
  const page = readFileSync(`${root}docs/errors.md`, 'utf8');
  const documented = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
  expect(new Set(documented).size).toBe(documented.length);
  expect(documented.toSorted()).toEqual([...emittedCodes()].toSorted());
});
