import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { configVersion } from '../../../src/config/config-version.js';
import { LiveConfig } from '../../../src/config/live-config.js';
import { OperatorError } from '../../../src/lib/errors.js';
import { recordingLogger } from '../../support/log-lines.js';

const EVERY_MS = 15;
const NOW_MS = Date.UTC(2026, 10, 21, 12);

let folder: string;
let file: string;
let open: LiveConfig[];
let log: ReturnType<typeof recordingLogger>;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'bellwether-live-'));
  file = path.join(folder, 'ranking.yaml');
  writeFileSync(file, capOf(3));
  open = [];
  log = recordingLogger();
});

afterEach(async () => {
  await Promise.all(open.map((live) => live.close()));
  rmSync(folder, { recursive: true });
});

const capOf = (userCap: number): string => `trending: { userCap: ${userCap} }\n`;

function follow(at = file, lookEveryMs = EVERY_MS): LiveConfig {
  const live = new LiveConfig({ file: at, clock: () => NOW_MS, logger: log.logger, lookEveryMs });
  open.push(live);
  live.start();
  return live;
}

const capIn = (live: LiveConfig): number => live.current.config.trending.userCap;

const until = (live: LiveConfig, userCap: number) =>
  vi.waitFor(() => expect(capIn(live)).toBe(userCap), { timeout: 5_000, interval: 5 });

const untilRefused = (live: LiveConfig, times = 1) =>
  vi.waitFor(() => expect(live.refused).toBe(times), { timeout: 5_000, interval: 5 });

/** Many more looks than a decision takes. */
const manyLooks = () => new Promise((resolve) => setTimeout(resolve, 12 * EVERY_MS));

describe('a good change of the file comes into force, with its version and its time', () => {
  it('within a second, told to the log and to whoever listens', async () => {
    const live = new LiveConfig({ file, clock: () => NOW_MS, logger: log.logger });
    open.push(live);
    live.start();
    const before = live.current;
    const told = new Promise<{ tookMs: number; args: unknown[] }>((resolve) => {
      const startedMs = performance.now();
      live.onChange((...args) => resolve({ tookMs: performance.now() - startedMs, args }));
    });
    writeFileSync(file, capOf(5));
    const { tookMs, args } = await told;
    expect(tookMs).toBeLessThan(1_000);
    expect(args).toEqual([live.current, before]);
    expect(live.current).toEqual({
      config: { ...before.config, trending: { ...before.config.trending, userCap: 5 } },
      version: configVersion(live.current.config),
      loadedAt: new Date(NOW_MS),
    });
    expect(log.lines).toEqual([
      expect.objectContaining({
        msg: 'the ranking config changed',
        configVersion: live.current.version,
        configVersionBefore: before.version,
        changed: ['trending.userCap'],
      }),
    ]);
  });

  it('when another file is renamed over it, as editors do', async () => {
    const live = follow();
    for (const userCap of [5, 6]) {
      writeFileSync(`${file}.new`, capOf(userCap));
      renameSync(`${file}.new`, file);
      await until(live, userCap);
    }
  });

  it('when the symlink of a folder it is in is turned to another folder, as Kubernetes does', async () => {
    for (const [name, userCap] of [['v1', 3] as const, ['v2', 8] as const]) {
      mkdirSync(path.join(folder, name));
      writeFileSync(path.join(folder, name, 'mounted.yaml'), capOf(userCap));
    }
    symlinkSync('v1', path.join(folder, '..data'));
    const mounted = path.join(folder, 'mounted.yaml');
    symlinkSync(path.join('..data', 'mounted.yaml'), mounted);
    const live = follow(mounted);
    symlinkSync('v2', path.join(folder, '..data_tmp'));
    renameSync(path.join(folder, '..data_tmp'), path.join(folder, '..data'));
    await until(live, 8);
  });

  it('when it has the same size as before and comes right after another one', async () => {
    const live = follow();
    writeFileSync(file, capOf(4));
    await until(live, 4);
    writeFileSync(file, capOf(5));
    await until(live, 5);
    writeFileSync(file, capOf(6));
    await until(live, 6);
  });

  it('and an emptied file brings the default back', async () => {
    const live = follow();
    writeFileSync(file, '');
    await until(live, 8);
  });

  it('and one that is made by hand at once, without waiting', async () => {
    const live = new LiveConfig({ file, clock: () => NOW_MS, logger: log.logger });
    writeFileSync(file, capOf(5));
    expect(await live.reload()).toBe('changed');
    expect(capIn(live)).toBe(5);
    expect(await live.reload()).toBe('unchanged');
    writeFileSync(file, '}');
    expect([await live.reload(), await live.reload()]).toEqual(['refused', 'refused']);
    expect(live.refused).toBe(1);
  });
});

describe('what is not a change', () => {
  it('is the same said in other words: the config in force is the same object, and nobody is told', async () => {
    const live = follow();
    const { current } = live;
    const listener = vi.fn();
    live.onChange(listener);
    writeFileSync(file, `# the same\n${capOf(3)}`);
    expect(await live.reload()).toBe('unchanged');
    await manyLooks();
    expect(live.current).toBe(current);
    expect(listener).not.toHaveBeenCalled();
    expect(log.lines).toEqual([]);
  });

  it('is anything at all where there is no file', async () => {
    const live = new LiveConfig({ file: undefined, clock: () => NOW_MS, logger: log.logger });
    expect(await live.reload()).toBe('unchanged');
  });
});

describe('a file with faults', () => {
  it('is refused, counted, and logged once with all its faults, while the one before stays; then a good one counts', async () => {
    const live = follow();
    const { current } = live;
    writeFileSync(file, 'trending: { userCap: 0 }\nfeed: { quotas: { LOCAL: 0.9 } }');
    await untilRefused(live);
    await manyLooks();
    expect(live.refused).toBe(1);
    expect(live.current).toBe(current);
    expect(live.refusal).toEqual({
      message: expect.stringMatching(
        /trending\.userCap: must be [^]*feed\.quotas: must add up to 1/,
      ) as unknown,
      refusedAt: new Date(NOW_MS),
    });
    expect(log.lines).toEqual([
      expect.objectContaining({
        msg: 'the ranking config was refused; the one before stays in force',
        fault: live.refusal?.message,
        configVersion: current.version,
      }),
    ]);
    writeFileSync(file, capOf(7));
    await until(live, 7);
    expect(live.refusal).toBeUndefined();
    expect(live.refused).toBe(1);
  });

  it('that is turned back to what it was is good again, though nothing changed', async () => {
    const live = follow();
    writeFileSync(file, '{');
    await untilRefused(live);
    writeFileSync(file, capOf(3));
    await vi.waitFor(() => expect(live.refusal).toBeUndefined());
    expect(log.lines.at(-1)).toMatchObject({ msg: 'the ranking config is good again' });
  });

  it('that is still being written is left alone until it is complete', async () => {
    const live = follow(file, 100);
    const lines = [
      'trending:\n',
      '  userCap: 9\n',
      'feed: {\n',
      ' quotas: {\n',
      ' PERSONAL: 0.4, LOCAL: 0.2\n',
      ' }\n',
    ];
    writeFileSync(file, '');
    for (let turn = 0; turn < 40; turn++) {
      appendFileSync(file, lines[turn] ?? `  # ${turn}\n`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(capIn(live)).toBe(3);
    appendFileSync(file, ' }\n');
    await until(live, 9);
    expect(live.current.config.feed.quotas.PERSONAL).toBe(0.4);
    expect(live.refused).toBe(0);
  });

  it('is one that vanishes; when it comes back it counts again', async () => {
    const live = follow();
    rmSync(file);
    await untilRefused(live);
    expect(live.refusal?.message).toMatch(/ranking\.yaml cannot be read: there is no such file/);
    expect(capIn(live)).toBe(3);
    writeFileSync(file, capOf(4));
    await until(live, 4);
    expect(live.refusal).toBeUndefined();
  });

  it('is one that is replaced by a folder or by too much', async () => {
    const live = follow();
    rmSync(file);
    mkdirSync(file);
    await untilRefused(live);
    rmSync(file, { recursive: true });
    writeFileSync(file, '#'.repeat(1_000_000));
    await untilRefused(live, 2);
    expect(live.refusal?.message).toMatch(/larger than/);
  });

  it('lets nothing start', () => {
    writeFileSync(file, '{');
    expect(() => follow()).toThrow(OperatorError);
    expect(() => follow(path.join(folder, 'none.yaml'))).toThrow(/none\.yaml cannot be read/);
  });
});

describe('values that take effect at the next start', () => {
  it('are named in the log and wait, until they are again what they were at the start', async () => {
    const live = follow();
    writeFileSync(file, `${capOf(4)}tracking: { groupEvents: 100 }\n`);
    await until(live, 4);
    expect(live.awaitingRestart).toEqual(['tracking.groupEvents']);
    expect(log.lines.at(-1)).toMatchObject({
      changed: ['trending.userCap', 'tracking.groupEvents'],
      atNextStart: ['tracking.groupEvents'],
    });
    writeFileSync(file, capOf(5));
    await until(live, 5);
    expect(live.awaitingRestart).toEqual([]);
    expect(log.lines.at(-1)).not.toHaveProperty('atNextStart');
  });
});

describe('listeners', () => {
  it('do not hinder one another, and are told no more after they left', async () => {
    const live = follow();
    const [failing, other, gone] = [
      vi.fn(() => {
        throw new Error('no room');
      }),
      vi.fn(),
      vi.fn(),
    ];
    for (const listener of [failing, other]) live.onChange(listener);
    live.onChange(gone)();
    writeFileSync(file, capOf(4));
    await vi.waitFor(() => expect(other).toHaveBeenCalledTimes(1));
    expect(failing).toHaveBeenCalledTimes(1);
    expect(gone).not.toHaveBeenCalled();
    expect(log.lines.at(-1)).toMatchObject({ msg: 'a part could not take the new ranking config' });
    writeFileSync(file, capOf(5));
    await until(live, 5);
  });
});

it('after it is closed the file is followed no longer', async () => {
  const live = follow();
  await live.close();
  writeFileSync(file, capOf(9));
  await manyLooks();
  expect(capIn(live)).toBe(3);
});
