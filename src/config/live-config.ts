import type { Clock } from '../lib/clock.js';
import { readConfigTextAsync } from './config-file.js';
import { configDifferences, configVersion, needsRestart } from './config-values.js';
import { loadRankingConfig, parseRankingConfig } from './ranking-config.js';
import type { RankingConfig } from './schema/ranking-schema.js';

/** A config in use. */
export interface LoadedConfig {
  readonly config: RankingConfig;
  /** {@link configVersion} of it. */
  readonly version: string;
  readonly loadedAt: Date;
}

/** Why the current content of the file is not in use. */
interface ConfigRejection {
  /** Every error with its path. */
  readonly message: string;
  readonly rejectedAt: Date;
}

/** Called after a new config was applied. */
type ConfigListener = (current: LoadedConfig, previous: LoadedConfig) => void;

interface ConfigLog {
  info(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Result of polling the config file. `unchanged` includes edits that change no value. */
type ReloadOutcome = 'changed' | 'unchanged' | 'rejected';

/** Result of reading the file: its text, or the reason why it could not be read. */
type FileContent =
  { readonly text: string; readonly problem?: never } | { readonly problem: string; readonly text?: never };

/** A change is applied after two or three polls, so well within the promised second. */
const POLL_INTERVAL_MS = 200;

/**
 * The ranking config of a running gateway, reloaded when its file changes.
 *
 * The file is polled rather than watched. A poll sees every kind of change on every file system: written in place,
 * renamed over, a symlink turned, removed and restored. A change is applied once two consecutive polls read the same
 * content, so that a file still being written is not applied. An invalid file is logged once and counted, and the
 * previous config stays in use.
 */
export class LiveConfig {
  #current: LoadedConfig;
  readonly #atStart: RankingConfig;
  #rejection: ConfigRejection | undefined;
  #rejectedReloads = 0;
  /** The content that was last applied or rejected. */
  #processed: FileContent | undefined;
  /** The content of the last poll, if it was not processed yet. */
  #pending: FileContent | undefined;
  readonly #listeners = new Set<ConfigListener>();
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();

  /**
   * @param deps.file the operator's file; undefined: the default config, which never changes.
   * @throws {OperatorError} if the file cannot be read or is invalid, so that the gateway does not start with it.
   */
  constructor(
    private readonly deps: {
      readonly file: string | undefined;
      readonly clock: Clock;
      readonly logger: ConfigLog;
      readonly pollIntervalMs?: number;
    },
  ) {
    const config = loadRankingConfig(deps.file);
    this.#atStart = config;
    this.#current = { config, version: configVersion(config), loadedAt: new Date(deps.clock()) };
  }

  /** The config in use. A caller that needs several consistent values reads it once. */
  get current(): LoadedConfig {
    return this.#current;
  }

  /** Number of rejected changes since the start. */
  get rejectedReloads(): number {
    return this.#rejectedReloads;
  }

  /** Why the file is not in use now; undefined while it is. */
  get rejection(): ConfigRejection | undefined {
    return this.#rejection;
  }

  /** Paths of the values that differ from those at the start and take effect only at the next start. */
  get pendingRestart(): string[] {
    return configDifferences(this.#atStart, this.#current.config)
      .map(({ path }) => path)
      .filter(needsRestart);
  }

  /** @returns a function that removes the listener. */
  onChange(listener: ConfigListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Starts polling the file. */
  start(): void {
    if (this.deps.file === undefined || this.#timer !== undefined) return;
    const poll = async (): Promise<void> => {
      await this.#poll();
      this.#timer?.refresh();
    };
    this.#timer = setTimeout(() => {
      this.#polling = poll();
    }, this.deps.pollIntervalMs ?? POLL_INTERVAL_MS).unref();
  }

  /** Stops polling. The current config stays in use. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#polling;
  }

  /** Applies or rejects the current content of the file at once, without waiting for a second poll. */
  async reload(): Promise<ReloadOutcome> {
    if (this.deps.file === undefined) return 'unchanged';
    const content = await this.#read(this.deps.file);
    if (!isSame(content, this.#processed)) return this.#process(content, this.deps.file);
    return this.#rejection === undefined ? 'unchanged' : 'rejected';
  }

  async #poll(): Promise<void> {
    if (this.deps.file === undefined) return;
    const content = await this.#read(this.deps.file);
    const isStable = isSame(content, this.#pending);
    this.#pending = isSame(content, this.#processed) ? undefined : content;
    if (isStable && this.#pending !== undefined) this.#process(content, this.deps.file);
  }

  async #read(file: string): Promise<FileContent> {
    try {
      return { text: await readConfigTextAsync(file, file) };
    } catch (error) {
      return { problem: (error as Error).message };
    }
  }

  #process(content: FileContent, file: string): ReloadOutcome {
    this.#processed = content;
    if (content.text === undefined) return this.#reject(content.problem, file);
    let config: RankingConfig;
    try {
      config = parseRankingConfig(content.text, file);
    } catch (error) {
      return this.#reject((error as Error).message, file);
    }
    return this.#apply(config, file);
  }

  #reject(message: string, file: string): ReloadOutcome {
    this.#rejectedReloads += 1;
    this.#rejection = { message, rejectedAt: new Date(this.deps.clock()) };
    this.deps.logger.error(
      { file, configVersion: this.#current.version, reason: message },
      'rejected changed ranking config; the previous one stays in use',
    );
    return 'rejected';
  }

  #apply(config: RankingConfig, file: string): ReloadOutcome {
    const wasRejected = this.#rejection !== undefined;
    this.#rejection = undefined;
    const previous = this.#current;
    const version = configVersion(config);
    if (version === previous.version) {
      if (wasRejected) {
        this.deps.logger.info({ file, configVersion: version }, 'ranking config is valid again');
      }
      return 'unchanged';
    }
    this.#current = { config, version, loadedAt: new Date(this.deps.clock()) };
    this.#logChange(previous, file);
    this.#notify(previous);
    return 'changed';
  }

  #logChange(previous: LoadedConfig, file: string): void {
    const { config, version } = this.#current;
    const changed = configDifferences(previous.config, config).map(({ path }) => path);
    const details = { file, configVersion: version, previousVersion: previous.version, changed };
    const { pendingRestart } = this;
    if (pendingRestart.length === 0) this.deps.logger.info(details, 'applied changed ranking config');
    else {
      this.deps.logger.info(
        { ...details, pendingRestart },
        'applied changed ranking config; some values take effect at the next start',
      );
    }
  }

  #notify(previous: LoadedConfig): void {
    for (const listener of this.#listeners) {
      try {
        listener(this.#current, previous);
      } catch (error) {
        this.deps.logger.error({ err: error }, 'listener failed to apply the changed ranking config');
      }
    }
  }
}

function isSame(one: FileContent, other: FileContent | undefined): boolean {
  return other !== undefined && one.text === other.text && one.problem === other.problem;
}
