import { Command, Option } from 'commander';
import type { Feed, FeedItem } from '../../feed/feed.js';
import { OperatorError } from '../../lib/errors.js';
import { truncated } from '../../lib/input/display-text.js';
import { HOUR_MS } from '../../lib/time.js';
import { withCommandBackend } from '../command-backend.js';
import { examplesHelp, wholeNumberUpTo } from '../command-options.js';
import { feedExplanation } from '../output/feed-explanation.js';
import { print } from '../output/print.js';
import { TextTable } from '../output/text-table.js';

interface FeedFlags {
  readonly country?: string;
  readonly limit: number;
  readonly algorithm?: 'v1' | 'v2';
  readonly explain?: true;
  readonly json?: true;
}

/** `bellwether feed`: prints a feed as a table or as JSON. */
export function feedCommand(): Command {
  return new Command('feed')
    .summary('print a feed')
    .description('Print the feed of a user, or of anonymous users.')
    .argument('[userKey]', 'user key; if omitted, the feed of anonymous users')
    .option('--country <code>', 'ISO 3166-1 alpha-2 code, such as IL')
    .option('--limit <number>', 'number of markets, 1–100', wholeNumberUpTo(100), 20)
    .addOption(
      new Option('--algorithm <name>', 'algorithm to use instead of the configured one').choices([
        'v1',
        'v2',
      ]),
    )
    .option('--explain', 'show what each stage removed, and the components of each score')
    .option('--json', 'print one JSON object; with --explain it includes the explanation')
    .addHelpText(
      'after',
      examplesHelp('feed sample-politics-001 --country IL', 'feed sample-politics-001 --explain'),
    )
    .action(printFeed);
}

async function printFeed(userKey: string | undefined, flags: FeedFlags): Promise<void> {
  await withCommandBackend({ loadCatalog: true }, async ({ services }) => {
    const { country, limit, algorithm, explain, json } = flags;
    const feed = await services.feed.feed({ userKey, country, limit, algorithm }, 'FOLLOW');
    if (feed.hero === null && !json) {
      throw new OperatorError(
        'The catalog has no open market. Load some with `bellwether sample` or `bellwether import`.',
      );
    }
    const explanation = explain && (await services.explain.explain({ feedId: feed.id }, null));
    if (json) {
      // JSON leaves out the feed of the explanation, which is the printed one.
      const trace = explanation && { explanation: { ...explanation, feed: undefined } };
      print(JSON.stringify({ ...feed, ...trace }, null, 2));
      return;
    }
    print(feedTable(feed, Date.now()));
    if (explanation) print(feedExplanation(explanation));
  });
}

const COLUMNS = [
  { name: 'rank', align: 'right' },
  { name: 'market', align: 'left' },
  { name: 'category', align: 'left' },
  { name: 'odds', align: 'right' },
  { name: 'closes', align: 'right' },
  { name: 'slot', align: 'left' },
  { name: 'badge', align: 'left' },
  { name: 'score', align: 'right' },
  { name: 'interest', align: 'right' },
  { name: 'similar', align: 'right' },
  { name: 'trend', align: 'right' },
] as const;

function feedTable(feed: Feed, nowMs: number): string {
  const table = new TextTable({
    head: COLUMNS.map(({ name }) => name),
    colAligns: COLUMNS.map(({ align }) => align),
    colWidths: [null, 50],
    optional: ['similar', 'trend', 'interest', 'badge', 'slot', 'category'],
    style: { compact: true },
  });
  const addSection = (name: string, items: readonly FeedItem[]): void => {
    if (items.length === 0) return;
    table.add([{ content: name }]);
    for (const item of items) table.add(row(item, nowMs));
  };
  addSection('hero', feed.hero === null ? [] : [feed.hero]);
  addSection('grid', feed.grid);
  addSection('stream', feed.stream);
  const user = feed.userKey ?? 'anonymous users';
  const kind = feed.personalized ? 'personalized' : 'not personalized';
  return `Feed of ${user}: ${kind}, algorithm ${feed.algorithmVersion}, config ${feed.configVersion}\n${table.toString()}`;
}

function row({ rank, score, scores, slot, badge, market }: FeedItem, nowMs: number): string[] {
  const components = [score, scores.interest, scores.similarity, scores.trending];
  return [
    String(rank),
    truncated(market.title, 48),
    market.category,
    market.probability === null ? '–' : `${Math.round(market.probability * 100)}%`,
    market.resolvesAt === null ? '–' : remaining(market.resolvesAt.getTime() - nowMs),
    slot?.toLowerCase() ?? '–',
    badge?.toLowerCase().replace('_', ' ') ?? '',
    ...components.map((component) => (component === null ? '–' : component.toFixed(2))),
  ];
}

function remaining(ms: number): string {
  if (ms <= 0) return 'overdue';
  const hours = ms / HOUR_MS;
  return hours < 48 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} d`;
}
