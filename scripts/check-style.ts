/**
 * `npm run style`: finds words and phrases that the project does not use, with the term to write instead. Only patterns
 * without an ordinary meaning in this code base are listed, so every hit is an error. A line that quotes such a word on
 * purpose, such as a stored key of an earlier version, is listed in {@link EXCEPTIONS}.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

interface Rule {
  readonly pattern: RegExp;
  readonly instead: string;
}

const RULES: readonly Rule[] = [
  {
    pattern: /\bwhoever\b|\bsomebody\b|\bnobody\b|\beverybody\b/i,
    instead: 'user, client, operator, or replica',
  },
  {
    pattern: /\bpeople\b.*\banew\b|\bdrawn anew\b|\bmade anew\b/i,
    instead: 'resample, recompute, or rebuild',
  },
  { pattern: /\bcrosswise\b|\bin another's way\b/i, instead: 'transaction conflict or deadlock' },
  { pattern: /\bwhat (became|becomes) of\b/i, instead: 'result or outcome' },
  { pattern: /\b(un)?told\b|\btelling\b/i, instead: 'publish, notify, report, or pending' },
  { pattern: /\bcontenders?\b/i, instead: 'candidate' },
  { pattern: /\bholdable\b/i, instead: 'a limit that a slate can satisfy' },
  { pattern: /\blikeness\b/i, instead: 'similarity' },
  { pattern: /\b(dis)?tastes?\b|\b(dis)?liking\b/i, instead: 'affinity' },
  { pattern: /\bpester(s|ed|ing)?\b/i, instead: 'impression discount' },
  { pattern: /\bturn(s|ed|ing)? away\b/i, instead: 'reject or shed' },
  { pattern: /\bjudg(e|es|ed|ing|ement|ment)\b/i, instead: 'validate' },
  { pattern: /\brefus(e|es|ed|ing|al|als)\b/i, instead: 'reject' },
  { pattern: /\bcrowds?\b/i, instead: 'trending, popularity, or momentum' },
  { pattern: /\bgoodbye\b/i, instead: 'graceful shutdown' },
  { pattern: /\btwice is once\b/i, instead: 'idempotent' },
  { pattern: /\blook(s|ed|ing)? after\b/i, instead: 'the verb for what is done' },
  { pattern: /\bagain and again\b|\bfor ever\b/i, instead: 'repeatedly, every N seconds, or without limit' },
  { pattern: /\bstand-ins?\b/i, instead: 'default or fallback' },
  {
    pattern: /\blatelyOver\b|\bremoveOfNobody\b|\brequireClosedDoor\b|\bchangedAside\b/,
    instead: 'a standard term',
  },
  { pattern: /\bhouse's\b/i, instead: "the project's" },
  { pattern: /\bcatalogue/i, instead: 'catalog' },
  {
    pattern:
      /\b(behaviou|colou|favou|honou|neighbou)r|\blicence\b|\bcentre\b|\b(organ|normal|serial|recogn)is(e|ed|es|ing|ation)\b/i,
    instead: 'US spelling',
  },
];

/** Files with words of others: licenses, data, and SQL that never changes. */
const SKIPPED =
  /^(package-lock\.json|LICENSE|prisma\/migrations\/|test\/fixtures\/|src\/sample\/data\/|scripts\/check-style\.ts)/;
const CHECKED = /\.(ts|md|graphql|ya?ml|json|prisma|cjs|js)$/;

/** Lines in which the hits of a rule are names, not prose. */
const EXCEPTIONS: readonly { readonly word: RegExp; readonly line: RegExp; readonly file?: RegExp }[] = [
  // A key of feeds that earlier versions stored as JSON, and of /readyz before it was renamed.
  { word: /catalogue/i, file: /^(src|test)\/.*(served|json)|^CHANGELOG/, line: /\bcatalogue(Version)?\b/ },
  // The former name of a config key.
  { word: /taste/, line: /['`]v2\.taste['`]|v2: \{ taste/ },
  { word: /disliking/, line: /\bdisliking events\b/ },
  // Output of a command, with titles of the sample.
  { word: /./, file: /\.md$/, line: /^│/ },
  // The Unix user, and user keys in tests.
  { word: /nobody/i, line: /'nobody'|"nobody"/ },
  // The term of TCP.
  {
    word: /refused/i,
    line: /connection.*\brefused\b|\brefused connection|ECONNREFUSED|'refused ::1|cause: refused|const refused\b/i,
  },
];

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => CHECKED.test(file) && !SKIPPED.test(file));

let hits = 0;
for (const file of files) {
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    // Identifiers are words too: fooBarOf is read as "foo Bar Of".
    const words = line.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll('_', ' ');
    for (const { pattern, instead } of RULES) {
      const found = pattern.exec(line) ?? pattern.exec(words);
      if (found === null || isException(found[0], file, line)) continue;
      hits += 1;
      console.log(`${file}:${index + 1}: "${found[0]}": write ${instead}`);
    }
  }
}
if (hits > 0) {
  console.log(`\n${hits} hits. Rewrite them in the terms of docs/glossary.md.`);
  process.exitCode = 1;
}

function isException(hit: string, file: string, line: string): boolean {
  return EXCEPTIONS.some(
    (each) => each.word.test(hit) && (each.file?.test(file) ?? true) && each.line.test(line),
  );
}
