import type { Clock } from '../lib/clock.js';
import { configDifferences } from './config-differences.js';
import { readConfigTextLater } from './config-text.js';
import { configVersion } from './config-version.js';
import { loadRankingConfig, parseRankingConfig } from './ranking-config.js';
import type { RankingConfig } from './ranking-schema.js';
import { restartKeys } from './restart-keys.js';

/** A config that is in force. */
export interface LoadedConfig {
  readonly config: RankingConfig;
  /** {@link configVersion} of it. */
  readonly version: string;
  readonly loadedAt: Date;
}

/** Why the file is not in force as it is now. */
export interface ConfigRefusal {
  /** Every fault, each with its path. */
  readonly message: string;
  readonly refusedAt: Date;
}

/** Told after a new config came into force. */
export type ConfigListener = (current: LoadedConfig, before: LoadedConfig) => void;

/** What is needed of a logger. */
export interface ConfigLog {
  info(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What became of a look at the file: `unchanged` also when other words say the same. */
export type ReloadOutcome = 'changed' | 'unchanged' | 'refused';

/** What a look at the file found: its text, or why it has none. */
interface Sight {
  readonly text?: string;
  readonly fault?: string;
}

/** A change is in force after two or three looks, so well within a second. */
const LOOK_EVERY_MS = 200;

/**
 * The ranking config of a running gateway. The file is read again and again rather than watched, because that sees
 * every way of changing it (written in place, renamed over, a symlink turned elsewhere, gone and back) on every file
 * system alike. What it says comes into force once two looks in a row found the same, so that a file which is
 * still being written is left alone. A file with faults is logged once and counted, and the config before it stays.
 */
export class LiveConfig {
  #current: LoadedConfig;
  readonly #atStart: RankingConfig;
  #refusal: ConfigRefusal | undefined;
  #refused = 0;
  /** What was last decided on. */
  #judged: Sight | undefined;
  /** What the last look found, if nothing was decided on it yet. */
  #fresh: Sight | undefined;
  readonly #listeners = new Set<ConfigListener>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  /**
   * @param deps.file the deployment's own file; without one the default config holds for ever.
   * @throws {OperatorError} when the file cannot be read or has faults: a gateway does not start with such a one.
   */
  constructor(
    private readonly deps: {
      readonly file: string | undefined;
      readonly clock: Clock;
      readonly logger: ConfigLog;
      readonly lookEveryMs?: number;
    },
  ) {
    const config = loadRankingConfig(deps.file);
    this.#atStart = config;
    this.#current = { config, version: configVersion(config), loadedAt: new Date(deps.clock()) };
  }

  /** The config in force. Whoever needs several values of one config takes it once. */
  get current(): LoadedConfig {
    return this.#current;
  }

  /** How often the file was refused since the start. */
  get refused(): number {
    return this.#refused;
  }

  /** Why the file is not in force now; undefined while it is. */
  get refusal(): ConfigRefusal | undefined {
    return this.#refusal;
  }

  /** Paths of values in force that differ from those of the start and wait for the next one. */
  get awaitingRestart(): string[] {
    return restartKeys(this.#atStart, this.#current.config);
  }

  /** @returns a function that ends the telling. */
  onChange(listener: ConfigListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Follows the file from now on. */
  start(): void {
    if (this.deps.file === undefined || this.#timer !== undefined) return;
    const look = async (): Promise<void> => {
      await this.#look();
      this.#timer?.refresh();
    };
    this.#timer = setTimeout(() => {
      this.#looking = look();
    }, this.deps.lookEveryMs ?? LOOK_EVERY_MS).unref();
  }

  /** Follows the file no longer; what is in force stays. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#looking;
  }

  /** Decides on what the file says now, without waiting whether somebody is still writing it. */
  async reload(): Promise<ReloadOutcome> {
    if (this.deps.file === undefined) return 'unchanged';
    const seen = await this.#read(this.deps.file);
    if (!isSame(seen, this.#judged)) return this.#judge(seen, this.deps.file);
    return this.#refusal === undefined ? 'unchanged' : 'refused';
  }

  async #look(): Promise<void> {
    if (this.deps.file === undefined) return;
    const seen = await this.#read(this.deps.file);
    const settled = isSame(seen, this.#fresh);
    this.#fresh = isSame(seen, this.#judged) ? undefined : seen;
    if (settled && this.#fresh !== undefined) this.#judge(seen, this.deps.file);
  }

  async #read(file: string): Promise<Sight> {
    try {
      return { text: await readConfigTextLater(file, file) };
    } catch (error) {
      return { fault: (error as Error).message };
    }
  }

  #judge(seen: Sight, file: string): ReloadOutcome {
    this.#judged = seen;
    if (seen.text === undefined) return this.#refuse(seen.fault ?? '', file);
    let config: RankingConfig;
    try {
      config = parseRankingConfig(seen.text, file);
    } catch (error) {
      return this.#refuse((error as Error).message, file);
    }
    return this.#accept(config, file);
  }

  #refuse(message: string, file: string): ReloadOutcome {
    this.#refused += 1;
    this.#refusal = { message, refusedAt: new Date(this.deps.clock()) };
    this.deps.logger.error(
      { file, configVersion: this.#current.version, fault: message },
      'the ranking config was refused; the one before stays in force',
    );
    return 'refused';
  }

  #accept(config: RankingConfig, file: string): ReloadOutcome {
    const healed = this.#refusal !== undefined;
    this.#refusal = undefined;
    const before = this.#current;
    const version = configVersion(config);
    if (version === before.version) {
      if (healed) this.deps.logger.info({ file, configVersion: version }, 'the ranking config is good again');
      return 'unchanged';
    }
    const current = { config, version, loadedAt: new Date(this.deps.clock()) };
    this.#current = current;
    this.#tellLog(before, file);
    this.#tellListeners(before);
    return 'changed';
  }

  #tellLog(before: LoadedConfig, file: string): void {
    const { config, version } = this.#current;
    const changed = configDifferences(before.config, config).map(({ path }) => path);
    const waiting = this.awaitingRestart;
    const details = { file, configVersion: version, configVersionBefore: before.version, changed };
    if (waiting.length === 0) this.deps.logger.info(details, 'the ranking config changed');
    else {
      this.deps.logger.info(
        { ...details, atNextStart: waiting },
        'the ranking config changed; some of it takes effect at the next start only',
      );
    }
  }

  #tellListeners(before: LoadedConfig): void {
    for (const listener of this.#listeners) {
      try {
        listener(this.#current, before);
      } catch (error) {
        this.deps.logger.error({ err: error }, 'a part could not take the new ranking config');
      }
    }
  }
}

function isSame(one: Sight, other: Sight | undefined): boolean {
  return other !== undefined && one.text === other.text && one.fault === other.fault;
}
