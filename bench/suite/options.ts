/** Options of `npm run bench` and `npm run bench:check`. */
import { InvalidArgumentError, type Command } from 'commander';
import { DEFAULT_STATES } from './state.ts';

export interface RunFlags {
  readonly users: number;
  readonly connections: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly pin: boolean;
  readonly dataDir: string;
}

export function addRunOptions(command: Command): Command {
  return command
    .option('--users <number>', 'users with a history, 100–100000', between(100, 100_000), 10_000)
    .option('--connections <number>', 'connections that send feeds, 1–512', between(1, 512), 16)
    .option('--rounds <number>', 'interleaved runs of each server, 1–50', between(1, 50), 5)
    .option('--seconds <number>', 'length of a run, 1–600', between(1, 600), 10)
    .option('--no-pin', 'do not bind each process to a core')
    .option('--data-dir <folder>', 'where the databases are built, and kept for 12 hours', DEFAULT_STATES);
}

export function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}
