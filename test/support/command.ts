import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The entry point that `npm run build` compiles. */
const mainScript = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Result of a process that ended. */
export interface Finished {
  readonly code: number | null;
  /** Signal that ended the process; null if it exited with a code. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process whose output is collected. */
export interface RunningCommand {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Resolves with the first matching line of standard output. Rejects if the process ends without one. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** Like `line`, for standard error. */
  errorLine(pattern: RegExp): Promise<RegExpExecArray>;
  readonly finished: Promise<Finished>;
}

/** Starts the compiled `bellwether` with only PATH and `env` in its environment. */
export function startCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd?: string,
  nodeOptions: readonly string[] = [],
): RunningCommand {
  return startProcess(process.execPath, [...nodeOptions, mainScript, ...args], env, cwd);
}

/** Starts npm in the project folder and in its own process group, with only PATH, HOME and `env` in its environment. */
export function startNpm(args: readonly string[], env: Readonly<Record<string, string>>): RunningCommand {
  return startProcess('npm', args, { HOME: process.env['HOME'] ?? '', ...env }, root, true);
}

function startProcess(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd?: string,
  detached = false,
): RunningCommand {
  const child = spawn(file, args, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
    ...(cwd === undefined ? {} : { cwd }),
  });
  const stdout = collectLines(child.stdout);
  const stderr = collectLines(child.stderr);
  const finished = new Promise<Finished>((resolve) => {
    child.once('close', (code, signal) =>
      resolve({ code, signal, stdout: stdout.text(), stderr: stderr.text() }),
    );
  });
  const lineOf = (lines: CollectedLines, pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      lines.onMatch(pattern, resolve);
      void finished.then((ended) => {
        const { code, signal } = ended;
        const output = `${ended.stdout}${ended.stderr}`;
        reject(
          new Error(`The process ended with ${String(code ?? signal)} before ${String(pattern)}: ${output}`),
        );
      });
    });
  return {
    child,
    finished,
    line: (pattern) => lineOf(stdout, pattern),
    errorLine: (pattern) => lineOf(stderr, pattern),
  };
}

interface CollectedLines {
  text(): string;
  /** Calls `found` with the first matching line, including lines already written. */
  onMatch(pattern: RegExp, found: (match: RegExpExecArray) => void): void;
}

function collectLines(stream: Readable): CollectedLines {
  let text = '';
  const pendingChecks = new Set<(line: string) => void>();
  createInterface({ input: stream }).on('line', (line) => {
    text += `${line}\n`;
    for (const check of pendingChecks) check(line);
  });
  return {
    text: () => text,
    onMatch: (pattern, found) => {
      const check = (line: string): void => {
        const match = pattern.exec(line);
        if (match === null) return;
        pendingChecks.delete(check);
        found(match);
      };
      pendingChecks.add(check);
      text.split('\n').forEach(check);
    },
  };
}

/** Runs the compiled `bellwether` to its end, with only PATH and `env` in its environment. */
export function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd?: string,
): Promise<Finished> {
  return startCommand(args, env, cwd).finished;
}
