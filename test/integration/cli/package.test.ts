import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { subset } from 'semver';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

describe('the npm package', () => {
  let files: string[];

  beforeAll(async () => {
    // The lifecycle scripts would remove dist, which other tests run.
    const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      maxBuffer: 64 * 1024 * 1024,
    });
    // Depending on its version, npm prints an array or an object, with one entry per package.
    const packed = JSON.parse(stdout) as Record<string, unknown> | unknown[];
    const [{ files: listed }] = Object.values(packed) as [{ files: { path: string }[] }];
    files = listed.map((file) => file.path);
  });

  it('contains the files that commands and exports need', async () => {
    const migrations = await readdir(path.join(root, 'prisma/migrations'), { recursive: true });
    expect(files).toEqual(
      expect.arrayContaining([
        'dist/main.js',
        'dist/generated/client/graphql.js',
        'dist/generated/client/graphql.d.ts',
        'dist/generated/staff/graphql.js',
        'schema/client.graphql',
        'schema/schema.graphql',
        'src/config/default.yaml',
        'README.md',
        'CHANGELOG.md',
        'LICENSE',
        ...migrations.filter((name) => name.endsWith('.sql')).map((name) => `prisma/migrations/${name}`),
      ]),
    );
  });

  it('contains every file that the compiled code references with new URL(…, import.meta.url)', async () => {
    const scripts = files.filter((file) => file.startsWith('dist/') && file.endsWith('.js'));
    const referenced: string[] = [];
    for (const script of scripts) {
      const text = await readFile(path.join(root, script), 'utf8');
      for (const [, target = ''] of text.matchAll(/new URL\('([^']+)', import\.meta\.url\)/g)) {
        const url = new URL(target, pathToFileURL(path.join(root, script)));
        referenced.push(path.relative(root, fileURLToPath(url)));
      }
    }
    expect(referenced.length).toBeGreaterThan(0);
    const isPacked = (target: string): boolean =>
      files.some((file) => file === target || file.startsWith(`${target}/`));
    expect(referenced.filter((target) => !isPacked(target))).toEqual([]);
  });

  it('contains no source maps and no development files', () => {
    const unwanted = /\.map$|tsbuildinfo|^(test|bench|\.ci)\/|(^|\/)create-migration|\.test\./;
    expect(files.filter((file) => unwanted.test(file))).toEqual([]);
  });
});

it('exports the documents and the GraphQL schemas', () => {
  const { resolve } = createRequire(path.join(root, 'package.json'));
  const resolved = ['client', 'staff', 'schema', 'schema/client'].map((name) =>
    path.relative(root, resolve(`bellwether-gateway/${name}`)),
  );
  expect(resolved).toEqual([
    'dist/generated/client/graphql.js',
    'dist/generated/staff/graphql.js',
    'schema/schema.graphql',
    'schema/client.graphql',
  ]);
});

it('supports only versions of Node that every dependency supports', async () => {
  const lock = JSON.parse(await readFile(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean; engines?: { node?: string } }>;
  };
  const supported = lock.packages['']?.engines?.node ?? '';
  const incompatible = Object.entries(lock.packages).filter(([name, { dev, devOptional, engines }]) => {
    if (name === '' || dev || devOptional || engines?.node === undefined) return false;
    return !subset(supported, engines.node);
  });
  expect(incompatible).toEqual([]);
});
