import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

/** A fenced code block of the language `ts` in a Markdown file. */
export interface DocsBlock {
  /** Path of the Markdown file from the repository root. */
  readonly file: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** File name from a comment on the first line, such as `// track-events.ts`; otherwise derived from the line number. */
  readonly name: string;
  readonly code: string;
}

/** Returns all TypeScript blocks of the README and the docs. */
export async function docsBlocks(): Promise<DocsBlock[]> {
  const docs = (await readdir('docs', { recursive: true })).map((name) => path.join('docs', name));
  const files = ['README.md', 'CONTRIBUTING.md', ...docs.filter((name) => name.endsWith('.md'))];
  const blocks = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(file, 'utf8');
      return Array.from(text.matchAll(/^[ \t]*```(?:ts|typescript)\b.*\n([^]*?)^[ \t]*```/gm), (match) => {
        const code = match[1] ?? '';
        const line = text.slice(0, match.index).split('\n').length;
        const name = /^\/\/ (\S+\.ts)\n/.exec(code)?.[1] ?? `block-${line}.ts`;
        return { file, line, name, code };
      });
    }),
  );
  return blocks.flat();
}

/** Returns a named block of the docs, compiled to JavaScript. */
export async function docsScript(file: string, name: string): Promise<string> {
  const block = (await docsBlocks()).find((candidate) => candidate.file === file && candidate.name === name);
  if (block === undefined) throw new Error(`${file} has no block named ${name}.`);
  return ts.transpileModule(block.code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  }).outputText;
}

/**
 * Runs a named block of the docs as a module, and returns its exports.
 *
 * @param replacements import specifiers to replace.
 */
export async function importDocsModule(
  file: string,
  name: string,
  replacements: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  let script = await docsScript(file, name);
  for (const [from, to] of Object.entries(replacements)) script = script.replaceAll(`'${from}'`, `'${to}'`);
  // Inside the project, so that imports resolve to its packages.
  const cache = path.resolve('node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(path.join(cache, 'docs-'));
  try {
    const module = path.join(folder, name.replace(/\.ts$/, '.mjs'));
    await writeFile(module, script);
    return await import(pathToFileURL(module).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}
