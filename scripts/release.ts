/**
 * Steps of `npm version`. With `--check`, before npm changes anything: fails if CHANGELOG.md lists no unreleased changes.
 * Without, before the commit and the tag: gives the section "Unreleased" the version and today's date, and publishes the
 * GraphQL schema for the check of breaking changes.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';

const UNRELEASED = '## [Unreleased]\n';

const changelog = readFileSync('CHANGELOG.md', 'utf8');
if (process.argv.includes('--check')) check();
else release();

function check(): void {
  const start = changelog.indexOf(UNRELEASED) + UNRELEASED.length;
  const end = changelog.indexOf('\n## [', start);
  const changes = changelog.slice(start, end === -1 ? undefined : end);
  if (changelog.includes(UNRELEASED) && changes.trim() !== '') return;
  console.error(
    'CHANGELOG.md lists no unreleased changes. Describe them under "## [Unreleased]", commit, and try again.',
  );
  process.exitCode = 1;
}

function release(): void {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const day = new Date().toISOString().slice(0, 10);
  writeFileSync('CHANGELOG.md', changelog.replace(UNRELEASED, `${UNRELEASED}\n## [${version}] - ${day}\n`));
  copyFileSync('schema/schema.graphql', 'schema/published.graphql');
}
