/**
 * `npm run bench:cf`: Recall@20 of held-out interactions, time, and peak memory of collaborative filtering by ALS and by the
 * graph filter, with the config's defaults and with each user folded in from all items of the training.
 *
 *     npm run bench:cf                                       30,000 users, 40,000 items, 1 million interactions, generated
 *     npm run bench:cf -- --train FILE --test FILE           a public split: lines "user item item …"
 *     npm run bench:cf -- --method graph --graph '{"power":1}'   one method; other options as JSON
 *
 * Recall is the mean over a tenth of the generated users, or over all users of a public split.
 * Each method trains in a process of its own, whose peak memory includes the data.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadRankingConfig } from '../dist/config/ranking-config.js';
import { modelOf, unpackArtifact } from '../dist/learning/collaborative/artifact.js';
import { methodOptions } from '../dist/learning/collaborative/collaborative-run.js';
import { trainCollaborative } from '../dist/learning/collaborative/training.js';
import { generateSplit, type Split } from './cf/block-model.ts';
import { recallAt } from './cf/recall.ts';

const { values: flags } = parseArgs({
  options: {
    train: { type: 'string' },
    test: { type: 'string' },
    method: { type: 'string' },
    als: { type: 'string', default: '{}' },
    graph: { type: 'string', default: '{}' },
    users: { type: 'string', default: '30000' },
    items: { type: 'string', default: '40000' },
    interactions: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
  },
});

const METHODS = ['als', 'graph'] as const;
const K = 20;
/** Of the interactions, a fifth are held out, so that the training has as many as stated. */
const DRAWN_PER_TRAINED = 1.25;

const method = METHODS.find((name) => name === flags.method);
if (method === undefined) {
  for (const name of METHODS) {
    const { status } = spawnSync(
      process.execPath,
      [import.meta.filename, ...process.argv.slice(2), '--method', name],
      { stdio: 'inherit' },
    );
    if (status !== 0) process.exitCode = 1;
  }
} else measure(method);

function measure(name: (typeof METHODS)[number]): void {
  const split = readSplit();
  const users = Int32Array.from(split.train.flatMap((items, user) => items.map(() => user)));
  const items = Int32Array.from(split.train.flat());
  const { collaborative } = loadRankingConfig(undefined).learning;
  const options = methodOptions({
    ...{ ...collaborative, method: name },
    als: { ...collaborative.als, ...(JSON.parse(flags.als) as object) },
    graph: { ...collaborative.graph, ...(JSON.parse(flags.graph) as object) },
  });
  if (options === null) return;
  const startedMs = performance.now();
  const { artifact, pairs, losses } = trainCollaborative({
    ...{ users, items, userCount: split.train.length, options, candidates: null, previous: null },
    markets: Array.from({ length: split.items }, (_, item) => `item ${item}`),
  });
  const seconds = (performance.now() - startedMs) / 1_000;
  const cpuSeconds = process.cpuUsage().user / 1e6;
  const peakMegabytes = process.resourceUsage().maxRSS / 1_024;
  const model = modelOf(unpackArtifact(artifact));
  // A tenth of the users of a generated split: the scores of all take longer than the training.
  const isEvaluated = (user: number): boolean => flags.test !== undefined || user % 10 === 0;
  const evaluated = { ...split, test: split.test.map((held, user) => (isEvaluated(user) ? held : [])) };
  const popularity = new Float64Array(split.items);
  for (const item of items) popularity[item] = (popularity[item] ?? 0) + 1;
  const recall = recallAt(K, evaluated, (user, scores) => {
    const folded = model.foldIn(split.train[user] ?? []);
    for (let item = 0; item < scores.length; item += 1) scores[item] = folded.preferenceFor(item);
  });
  const byPopularity = recallAt(K, evaluated, (_, scores) => {
    scores.set(popularity);
  });
  console.log(`${name}: ${JSON.stringify(options)}`);
  console.log(`  ${split.train.length} users, ${split.items} items, ${pairs} pairs`);
  console.log(`  Recall@${K} ${recall.toFixed(4)} (by popularity ${byPopularity.toFixed(4)})`);
  console.log(
    `  trained in ${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of CPU with the data)` +
      `${losses.length > 0 ? `, ${losses.length} iterations` : ''}; peak memory ${peakMegabytes.toFixed(0)} MiB;` +
      ` stored ${(artifact.length / 1_048_576).toFixed(0)} MiB`,
  );
}

function readSplit(): Split {
  const { train, test } = flags;
  if (train !== undefined && test !== undefined) return splitOf(readLists(train), readLists(test));
  if (train !== undefined || test !== undefined)
    throw new Error('Name both files: --train FILE --test FILE.');
  const items = numberOf('items');
  return generateSplit({
    ...{ users: numberOf('users'), items, seed: numberOf('seed') },
    interactions: DRAWN_PER_TRAINED * numberOf('interactions'),
    blocks: Math.round(Math.sqrt(items)),
  });
}

function numberOf(flag: 'users' | 'items' | 'interactions' | 'seed'): number {
  const value = Number(flags[flag]);
  if (!(Number.isInteger(value) && value > 0)) throw new Error(`--${flag} must be a whole number above 0.`);
  return value;
}

/** The items of each user, by number of the user. */
function readLists(file: string): Map<number, number[]> {
  const lists = new Map<number, number[]>();
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const [user, ...items] = line
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '')
      .map(Number);
    if (user === undefined) continue;
    if (![user, ...items].every((number) => Number.isInteger(number) && number >= 0))
      throw new Error(`${file}, line ${index + 1}: expected whole numbers "user item item …".`);
    lists.set(user, [...(lists.get(user) ?? []), ...items]);
  }
  return lists;
}

function splitOf(train: ReadonlyMap<number, number[]>, test: ReadonlyMap<number, number[]>): Split {
  let users = 0;
  let items = 0;
  for (const lists of [train, test]) {
    for (const [user, own] of lists) {
      users = Math.max(users, user + 1);
      for (const item of own) items = Math.max(items, item + 1);
    }
  }
  const listsOf = (lists: ReadonlyMap<number, number[]>): number[][] =>
    Array.from({ length: users }, (_, user) => lists.get(user) ?? []);
  return { train: listsOf(train), test: listsOf(test), items };
}
