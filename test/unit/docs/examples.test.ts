import { readdir, readFile } from 'node:fs/promises';
import { buildSchema, parse, validate } from 'graphql';
import { expect, it } from 'vitest';
import { parseRankingConfig } from '../../../src/config/ranking-config.js';

const files = [
  'README.md',
  ...(await readdir('docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
];
const texts = await Promise.all(files.map(async (file) => ({ file, text: await readFile(file, 'utf8') })));

/** Returns the code blocks of a language, without the indentation of lists. */
function blocks(language: string): { file: string; code: string }[] {
  return texts.flatMap(({ file, text }) =>
    Array.from(
      text.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([^]*?)^ *\`\`\``, 'gm')),
      ([, indent = '', code = '']) => ({ file, code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), '') }),
    ),
  );
}

const schema = buildSchema(await readFile('schema/schema.graphql', 'utf8'));

it.each(blocks('yaml').filter(({ code }) => !code.startsWith('# codegen.yml')))(
  'the ranking config in $file is valid: $code',
  ({ code, file }) => {
    expect(() => parseRankingConfig(code, file)).not.toThrow();
  },
);

it.each(blocks('graphql'))('the operation in $file is valid: $code', ({ code }) => {
  expect(validate(schema, parse(code))).toEqual([]);
});

it.each(
  texts.flatMap(({ file, text }) =>
    Array.from(text.matchAll(/-d '(\{[^']*\})'/g), ([, body = '']) => ({ file, body })),
  ),
)('the request body in $file is valid: $body', ({ body }) => {
  const { query } = JSON.parse(body) as { query: string };
  expect(validate(schema, parse(query))).toEqual([]);
});
