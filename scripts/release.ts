/**
 * Runs in `npm version`, after the version in package.json changed and before the commit and the tag: gives the section
 * "Unreleased" of CHANGELOG.md the version and today's date, and publishes the GraphQL schema for the check of breaking
 * changes.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';

const UNRELEASED = '## [Unreleased]\n';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const changelog = readFileSync('CHANGELOG.md', 'utf8');
const start = changelog.indexOf(UNRELEASED) + UNRELEASED.length;
const changes = changelog.slice(start, changelog.indexOf('\n## [', start));
if (!changelog.includes(UNRELEASED) || changes.trim() === '') {
  console.error(
    'CHANGELOG.md lists no unreleased changes. Describe them under "## [Unreleased]", then try again.',
  );
  process.exit(1);
}
const day = new Date().toISOString().slice(0, 10);
writeFileSync('CHANGELOG.md', changelog.replace(UNRELEASED, `${UNRELEASED}\n## [${version}] - ${day}\n`));
copyFileSync('schema/schema.graphql', 'schema/published.graphql');
