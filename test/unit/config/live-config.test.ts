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
import { configVersion } from '../../../src/config/config-values.js';
import { LiveConfig } from '../../../src/config/live-config.js';
import { OperatorError } from '../../../src/lib/errors.js';
import { recordingLogger } from '../../support/log-lines.js';

const POLL_INTERVAL_MS = 15;
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

function follow(at = file, pollIntervalMs = POLL_INTERVAL_MS): LiveConfig {
  const live = new LiveConfig({ file: at, clock: () => NOW_MS, logger: log.logger, pollIntervalMs });
  open.push(live);
  live.start();
  return live;
}

const capIn = (live: LiveConfig): number => live.current.config.trending.userCap;

const until = (live: LiveConfig, userCap: number) =>
  vi.waitFor(() => expect(capIn(live)).toBe(userCap), { timeout: 5_000, interval: 5 });

const untilRejected = (live: LiveConfig, times = 1) =>
  vi.waitFor(() => expect(live.rejectedReloads).toBe(times), { timeout: 5_000, interval: 5 });

/** Many more polls than a change needs. */
const manyPolls = () => new Promise((resolve) => setTimeout(resolve, 12 * POLL_INTERVAL_MS));

describe('LiveConfig applies a valid change', () => {
  it('within a second, with version and time, and notifies log and listeners', async () => {
    const live = new LiveConfig({ file, clock: () => NOW_MS, logger: log.logger });
    open.push(live);
    live.start();
    const before = live.current;
    const notified = new Promise<{ tookMs: number; args: unknown[] }>((resolve) => {
      const startedMs = performance.now();
      live.onChange((...args) => resolve({ tookMs: performance.now() - startedMs, args }));
    });
    writeFileSync(file, capOf(5));
    const { tookMs, args } = await notified;
    expect(tookMs).toBeLessThan(1_000);
    expect(args).toEqual([live.current, before]);
    expect(live.current).toEqual({
      config: { ...before.config, trending: { ...before.config.trending, userCap: 5 } },
      version: configVersion(live.current.config),
      loadedAt: new Date(NOW_MS),
    });
    expect(log.lines).toEqual([
      expect.objectContaining({
        msg: 'applied changed ranking config',
        configVersion: live.current.version,
        previousVersion: before.version,
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

  it('when a symlink of its folder is turned to another folder, as Kubernetes does', async () => {
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

  it('when the file keeps its size and the previous change was just applied', async () => {
    const live = follow();
    writeFileSync(file, capOf(4));
    await until(live, 4);
    writeFileSync(file, capOf(5));
    await until(live, 5);
    writeFileSync(file, capOf(6));
    await until(live, 6);
  });

  it('when the file is emptied, which restores the default', async () => {
    const live = follow();
    writeFileSync(file, '');
    await until(live, 8);
  });

  it('at once when reload() is called', async () => {
    const live = new LiveConfig({ file, clock: () => NOW_MS, logger: log.logger });
    writeFileSync(file, capOf(5));
    expect(await live.reload()).toBe('changed');
    expect(capIn(live)).toBe(5);
    expect(await live.reload()).toBe('unchanged');
    writeFileSync(file, '}');
    expect([await live.reload(), await live.reload()]).toEqual(['rejected', 'rejected']);
    expect(live.rejectedReloads).toBe(1);
  });
});

describe('LiveConfig reports no change', () => {
  it('when an edit changes no value', async () => {
    const live = follow();
    const { current } = live;
    const listener = vi.fn();
    live.onChange(listener);
    writeFileSync(file, `# a comment\n${capOf(3)}`);
    expect(await live.reload()).toBe('unchanged');
    await manyPolls();
    expect(live.current).toBe(current);
    expect(listener).not.toHaveBeenCalled();
    expect(log.lines).toEqual([]);
  });

  it('when there is no file', async () => {
    const live = new LiveConfig({ file: undefined, clock: () => NOW_MS, logger: log.logger });
    expect(await live.reload()).toBe('unchanged');
  });
});

describe('an invalid file', () => {
  it('is rejected, counted, and logged once with all errors, and the previous config stays until a valid one', async () => {
    const live = follow();
    const { current } = live;
    writeFileSync(file, 'trending: { userCap: 0 }\nfeed: { quotas: { LOCAL: 0.9 } }');
    await untilRejected(live);
    await manyPolls();
    expect(live.rejectedReloads).toBe(1);
    expect(live.current).toBe(current);
    expect(live.rejection).toEqual({
      message: expect.stringMatching(/trending\.userCap: must be [^]*feed\.quotas: must sum to 1/) as unknown,
      rejectedAt: new Date(NOW_MS),
    });
    expect(log.lines).toEqual([
      expect.objectContaining({
        msg: 'rejected changed ranking config; the previous one stays in use',
        reason: live.rejection?.message,
        configVersion: current.version,
      }),
    ]);
    writeFileSync(file, capOf(7));
    await until(live, 7);
    expect(live.rejection).toBeUndefined();
    expect(live.rejectedReloads).toBe(1);
  });

  it('is logged as valid again when its previous content is restored', async () => {
    const live = follow();
    writeFileSync(file, '{');
    await untilRejected(live);
    writeFileSync(file, capOf(3));
    await vi.waitFor(() => expect(live.rejection).toBeUndefined());
    expect(log.lines.at(-1)).toMatchObject({ msg: 'ranking config is valid again' });
  });

  it('is not rejected while it is still being written', async () => {
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
    expect(live.rejectedReloads).toBe(0);
  });

  it('is also a missing file, and its config is applied once the file is restored', async () => {
    const live = follow();
    rmSync(file);
    await untilRejected(live);
    expect(live.rejection?.message).toMatch(/ranking\.yaml cannot be read: there is no such file/);
    expect(capIn(live)).toBe(3);
    writeFileSync(file, capOf(4));
    await until(live, 4);
    expect(live.rejection).toBeUndefined();
  });

  it('is a folder, or a file that is too large', async () => {
    const live = follow();
    rmSync(file);
    mkdirSync(file);
    await untilRejected(live);
    rmSync(file, { recursive: true });
    writeFileSync(file, '#'.repeat(1_000_000));
    await untilRejected(live, 2);
    expect(live.rejection?.message).toMatch(/larger than/);
  });

  it('prevents the start', () => {
    writeFileSync(file, '{');
    expect(() => follow()).toThrow(OperatorError);
    expect(() => follow(path.join(folder, 'none.yaml'))).toThrow(/none\.yaml cannot be read/);
  });
});

describe('values that take effect at the next start', () => {
  it('are logged as pending until they have their initial value again', async () => {
    const live = follow();
    writeFileSync(file, `${capOf(4)}tracking: { groupEvents: 100 }\n`);
    await until(live, 4);
    expect(live.pendingRestart).toEqual(['tracking.groupEvents']);
    expect(log.lines.at(-1)).toMatchObject({
      changed: ['trending.userCap', 'tracking.groupEvents'],
      pendingRestart: ['tracking.groupEvents'],
    });
    writeFileSync(file, capOf(5));
    await until(live, 5);
    expect(live.pendingRestart).toEqual([]);
    expect(log.lines.at(-1)).not.toHaveProperty('pendingRestart');
  });
});

describe('listeners', () => {
  it('are called even if another one fails, and not after removal', async () => {
    const live = follow();
    const [failing, other, removed] = [
      vi.fn(() => {
        throw new Error('listener failed');
      }),
      vi.fn(),
      vi.fn(),
    ];
    for (const listener of [failing, other]) live.onChange(listener);
    live.onChange(removed)();
    writeFileSync(file, capOf(4));
    await vi.waitFor(() => expect(other).toHaveBeenCalledTimes(1));
    expect(failing).toHaveBeenCalledTimes(1);
    expect(removed).not.toHaveBeenCalled();
    expect(log.lines.at(-1)).toMatchObject({ msg: 'listener failed to apply the changed ranking config' });
    writeFileSync(file, capOf(5));
    await until(live, 5);
  });
});

it('LiveConfig does not poll after close', async () => {
  const live = follow();
  await live.close();
  writeFileSync(file, capOf(9));
  await manyPolls();
  expect(capIn(live)).toBe(3);
});
