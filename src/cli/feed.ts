import { Command, Option } from 'commander';
import type { Feed, FeedItem } from '../feed/feed.js';
import { OperatorError } from '../lib/errors.js';
import { withCommandBackend } from './command-backend.js';
import { countUpTo } from './count-argument.js';
import { renderExplanation } from './feed-explanation.js';
import { truncated } from '../lib/input/truncate.js';
import { print } from './print.js';
import { TextTable } from './text-table.js';

interface FeedOptions {
  readonly country?: string;
  readonly limit: number;
  readonly algorithm?: 'v1' | 'v2';
  readonly explain?: true;
  readonly json: boolean;
}

/** `bellwether feed`: a ranking as a table, without a client. */
export function feedCommand(): Command {
  return new Command('feed')
    .description("Print a person's feed as a table.")
    .argument('[userKey]', "the site's own key of the person; without it, the feed of everyone")
    .option('--country <code>', 'where the person is, such as IL')
    .option('--limit <number>', 'how many markets, 1–100', countUpTo(100), 20)
    .addOption(
      new Option(
        '--algorithm <name>',
        'the ranking to use instead of the one that the config chooses',
      ).choices(['v1', 'v2']),
    )
    .option('--explain', 'show what each stage left out and why, and what each score is made of')
    .option('--json', 'print the feed, and with --explain its explanation, as one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  bellwether feed sample-politics-001 --country IL\n  bellwether feed sample-politics-001 --explain',
    )
    .action(printFeed);
}

async function printFeed(userKey: string | undefined, options: FeedOptions): Promise<void> {
  await withCommandBackend({ holdCatalog: true }, async ({ services }) => {
    const { country, limit, algorithm, explain, json } = options;
    const feed = await services.feed.feed({ userKey, country, limit, algorithm });
    if (feed.hero === null && !json) {
      throw new OperatorError(
        'There is no open market to show. Load some with `bellwether sample` or `bellwether import`.',
      );
    }
    const explanation = explain && (await services.explain.explain({ feedId: feed.id }));
    if (json) {
      print(JSON.stringify({ ...feed, ...(explanation && { explanation }) }, null, 2));
      return;
    }
    print(renderFeed(feed, Date.now()));
    if (explanation) print(renderExplanation(explanation));
  });
}

function renderFeed(feed: Feed, nowMs: number): string {
  const table = new TextTable({
    head: [
      '',
      'market',
      'category',
      'odds',
      'closes',
      'slot',
      'badge',
      'score',
      'interest',
      'similar',
      'trend',
    ],
    colAligns: [
      ...(['right', 'left', 'left', 'right', 'right', 'left', 'left'] as const),
      ...(['right', 'right', 'right', 'right'] as const),
    ],
    colWidths: [null, 50],
    optional: ['similar', 'trend', 'interest', 'badge', 'slot', 'category'],
    style: { compact: true },
  });
  const section = (name: string, markets: readonly FeedItem[]): void => {
    if (markets.length === 0) return;
    table.add([{ content: name }]);
    for (const market of markets) table.add(row(market, nowMs));
  };
  section('hero', feed.hero === null ? [] : [feed.hero]);
  section('grid', feed.grid);
  section('stream', feed.stream);
  const whose = feed.userKey ?? 'everyone';
  const kind = feed.personalized ? 'personal' : 'the same for everyone';
  return `Feed of ${whose}: ${kind}, algorithm ${feed.algorithmVersion}, config ${feed.configVersion}\n${table.toString()}`;
}

function row({ rank, score, scores, slot, badge, market }: FeedItem, nowMs: number): string[] {
  const odds = market.probability === null ? '–' : `${Math.round(market.probability * 100)} %`;
  const parts = [score, scores.interest, scores.similarity, scores.trending];
  return [
    String(rank),
    truncated(market.title, 48),
    market.category,
    odds,
    market.resolvesAt === null ? '–' : remaining(market.resolvesAt.getTime() - nowMs),
    slot?.toLowerCase() ?? '–',
    badge?.toLowerCase().replace('_', ' ') ?? '',
    ...parts.map((part) => (part === null ? '–' : part.toFixed(2))),
  ];
}

function remaining(ms: number): string {
  if (ms <= 0) return 'overdue';
  const hours = ms / 3_600_000;
  return hours < 48 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} d`;
}
