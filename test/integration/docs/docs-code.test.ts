import path from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { docsBlocks } from '../../support/docs-code.js';

const options: ts.CompilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  // The code runs in browsers, so the types of Node are not available.
  types: [],
};

it('compiles every TypeScript block of the README and the docs in strict mode', async () => {
  const blocks = await docsBlocks();
  const sources = new Map(
    blocks.map((block) => [
      path.resolve(`${path.dirname(block.file)}/.${path.basename(block.file)}/${block.name}`),
      block,
    ]),
  );
  const host = ts.createCompilerHost(options);
  const disk = ts.createCompilerHost(options);
  host.directoryExists = () => true;
  host.fileExists = (name) => sources.has(name) || disk.fileExists(name);
  host.readFile = (name) => sources.get(name)?.code ?? disk.readFile(name);
  host.getSourceFile = (name, languageVersion) => {
    const text = host.readFile(name);
    return text === undefined ? undefined : ts.createSourceFile(name, text, languageVersion);
  };

  const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([...sources.keys()], options, host));

  expect(sources.size).toBe(blocks.length);
  expect(
    diagnostics.map(({ file, start = 0, messageText }) => {
      const block = sources.get(file?.fileName ?? '');
      const { line } = file?.getLineAndCharacterOfPosition(start) ?? { line: 0 };
      const location = block === undefined ? file?.fileName : `${block.file}:${block.line + 1 + line}`;
      return `${location ?? 'no file'} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    }),
  ).toEqual([]);
}, 120_000);
