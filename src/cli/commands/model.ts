import { Command } from 'commander';
import { OperatorError } from '../../lib/errors.js';
import type { ModelStatus } from '../../learning/model-list.js';
import { DEFAULT_LIMIT, MAX_LIMIT } from '../../lib/input/page-size.js';
import { withCommandBackend } from '../command-backend.js';
import { examplesHelp, wholeNumberUpTo } from '../command-options.js';
import { instant, signed } from '../output/format.js';
import { print } from '../output/print.js';
import { TextTable } from '../output/text-table.js';

const MAX_VERSION = 2_147_483_647;

const version = wholeNumberUpTo(MAX_VERSION);

/** Decimals of weights and gains. */
const DECIMALS = 4;

/** `bellwether model`: the versions of the ranking model. */
export function modelCommand(): Command {
  return new Command('model')
    .summary('list, show, compare, and reset the ranking model')
    .description('List, show, compare, and reset the ranking model, which learns from the choices of users.')
    .addCommand(
      new Command('list')
        .summary('list the versions')
        .description('List the versions of the model, latest first.')
        .option(
          '--limit <number>',
          `maximum number of versions, 1–${MAX_LIMIT}`,
          wholeNumberUpTo(MAX_LIMIT),
          DEFAULT_LIMIT,
        )
        .option('--json', 'print one JSON object per line')
        .addHelpText('after', examplesHelp('model list'))
        .action(list),
    )
    .addCommand(
      new Command('show')
        .summary('show the weights of a version')
        .description('Show the weights of a version, on the scale of the score, next to those of the config.')
        .argument('[version]', 'number of the version; the latest if omitted', version)
        .option('--json', 'print one JSON object')
        .addHelpText('after', examplesHelp('model show', 'model show 412'))
        .action(show),
    )
    .addCommand(
      new Command('diff')
        .summary('compare the weights of two versions')
        .description('Compare the weights of two versions.')
        .argument('<from>', 'number of the earlier version', version)
        .argument('<to>', 'number of the later version', version)
        .addHelpText('after', examplesHelp('model diff 400 412'))
        .action(diff),
    )
    .addCommand(
      new Command('reset')
        .summary('publish the default weights')
        .description(
          'Publish a version with the weights of the config. The learner discards what it learned and continues from them; the counts of choices stay.',
        )
        .option('--yes', 'publish it; without it, the command only says what it would do')
        .addHelpText('after', examplesHelp('model reset --yes'))
        .action(reset),
    );
}

async function list({ limit, json }: { limit: number; json?: true }): Promise<void> {
  await withCommandBackend({ loadCatalog: false }, async ({ services }) => {
    const models = await services.modelList.list({ limit });
    if (json) {
      for (const model of models) print(JSON.stringify(model));
      return;
    }
    if (models.length === 0) {
      print('No version is published yet. The job "learning" publishes one after the first choices.');
      return;
    }
    const table = new TextTable({
      head: ['version', 'published', 'choices', 'weights in use', 'gain'],
      colAligns: ['right', 'left', 'right', 'left', 'left'],
    });
    for (const model of models) {
      const choices = model.choices.toLocaleString('en');
      const weights = model.trusted ? 'learned' : 'default';
      table.add([model.version, instant(model.publishedAt), choices, weights, gainOf(model)]);
    }
    print(table.toString());
  });
}

async function show(number: number | undefined, { json }: { json?: true }): Promise<void> {
  await withCommandBackend({ loadCatalog: false }, async ({ services: { modelList } }) => {
    const [latest] = number === undefined ? await modelList.list({ limit: 1 }) : [];
    const model = number === undefined ? latest : await modelList.of(number);
    if (model === undefined) throw new OperatorError('No version of the model is published yet.');
    if (json) {
      print(JSON.stringify(model, null, 2));
      return;
    }
    const table = new TextTable({
      head: ['weight', 'learned', 'default'],
      colAligns: ['left', 'right', 'right'],
    });
    for (const { name, learned, byDefault } of model.weights) {
      table.add([name, learned.toFixed(DECIMALS), byDefault.toFixed(DECIMALS)]);
    }
    const weights = model.trusted ? 'learned' : 'default';
    print(
      `Version ${model.version} of ${instant(model.publishedAt)}, after ${model.choices.toLocaleString('en')} choices. ` +
        `Feeds use the ${weights} weights. Gain over the default ones: ${gainOf(model)}.\n${table.toString()}`,
    );
  });
}

async function diff(from: number, to: number): Promise<void> {
  await withCommandBackend({ loadCatalog: false }, async ({ services: { modelList } }) => {
    const [before, after] = [await modelList.of(from), await modelList.of(to)];
    const table = new TextTable({
      head: ['weight', `version ${from}`, `version ${to}`, 'change'],
      colAligns: ['left', 'right', 'right', 'right'],
    });
    for (const [index, { name, learned }] of before.weights.entries()) {
      const now = after.weights[index]?.learned ?? NaN;
      table.add([name, learned.toFixed(DECIMALS), now.toFixed(DECIMALS), signed(now - learned, DECIMALS)]);
    }
    print(table.toString());
  });
}

async function reset({ yes = false }: { yes?: boolean }): Promise<void> {
  await withCommandBackend({ loadCatalog: false }, async ({ resetModel }) => {
    if (!yes) {
      print(
        'This publishes a version with the weights of the config. To do it, run: bellwether model reset --yes',
      );
      return;
    }
    const published = await resetModel();
    if (published === null) {
      throw new OperatorError('The job "learning" is publishing a version. Run the command again.');
    }
    print(
      `Published version ${published} with the weights of the config. Feeds use it within a few seconds.`,
    );
  });
}

function gainOf({ gain, gainError }: ModelStatus): string {
  if (gainError === null) return '–';
  return `${signed(gain, DECIMALS)} ± ${gainError.toFixed(DECIMALS)}`;
}
