import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

const files = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...(await readdir('docs', { recursive: true }))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const texts = new Map(
  await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const)),
);

/** Anchors of a file's headings, as GitHub generates them. */
function anchorsOf(file: string): Set<string> {
  const headings = (texts.get(file) ?? '').matchAll(/^#+ (.+)$/gm);
  return new Set(
    Array.from(headings, ([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

it.each(files)('the relative links of %s point to existing files and headings', (file) => {
  const links = Array.from(
    (texts.get(file) ?? '').matchAll(/\]\(((?!https?:)[^)\s]*)\)/g),
    ([, link = '']) => link,
  );
  const broken = links.filter((link) => {
    const [target = '', anchor] = link.split('#');
    const linked = target === '' ? file : path.join(path.dirname(file), target);
    return !existsSync(linked) || (anchor !== undefined && !anchorsOf(linked).has(anchor));
  });

  expect(broken).toEqual([]);
});

it.each(files)('the paths and npm scripts in %s exist', async (file) => {
  const text = texts.get(file) ?? '';
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as {
    scripts: Record<string, string>;
  };
  const paths = Array.from(
    text.matchAll(/\b(?:src|test|docs|schema|bench|prisma)\/[\w./-]*\w/g),
    ([match]) => match,
  );
  const used = Array.from(text.matchAll(/\bnpm run (?:--silent )?([\w:-]*\w)/g), ([, script = '']) => script);

  expect(paths.filter((target) => !existsSync(target))).toEqual([]);
  expect(used.filter((script) => !(script in scripts))).toEqual([]);
});

it('docs/frontend.md maps scalars like codegen.yml', async () => {
  const [, block = ''] =
    /```yaml\n(# codegen\.yml\n[^]*?)```/.exec(texts.get('docs/frontend.md') ?? '') ?? [];
  const guide = parse(block) as { config: { scalars: unknown } };
  const codegen = parse(await readFile('codegen.yml', 'utf8')) as {
    generates: Record<string, { config: { scalars: unknown } }>;
  };

  expect(guide.config.scalars).toEqual(Object.values(codegen.generates)[0]?.config.scalars);
});
