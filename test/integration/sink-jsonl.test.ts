import { appendFile, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JsonlSink } from '../../src/sinks/jsonl-sink.js';
import { sinkContract } from '../contract/sink.js';
import { leaving } from '../support/outbox.js';
import { DAY_MS, HOUR_MS, NOON_MS } from '../support/profile-events.js';

let parent: string;
let folder: string;
let nowMs = NOON_MS;

beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'bellwether-jsonl-'));
  folder = path.join(parent, 'made', 'by-the-sink');
  nowMs = NOON_MS;
});

afterEach(() => rm(parent, { recursive: true, force: true }));

const newSink = (maxFileMegabytes = 100) =>
  new JsonlSink({ name: 'events', folder, maxFileMegabytes }, () => nowMs);

const files = async () => (await readdir(folder)).sort();

async function storedLines(): Promise<unknown[]> {
  const texts = await Promise.all((await files()).map((name) => readFile(path.join(folder, name), 'utf8')));
  const lines = texts.join('').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line) as unknown);
}

describe('jsonl sink', () => {
  sinkContract(() => {
    const aside = path.join(parent, 'aside');
    return Promise.resolve({
      sink: newSink(),
      stored: storedLines,
      // A file where the folder was.
      takeDown: async () => {
        await rename(folder, aside);
        await writeFile(folder, '');
      },
      bringBack: async () => {
        await rm(folder);
        await rename(aside, folder);
      },
      close: () => Promise.resolve(),
    });
  });

  it('begins a file each day in UTC and when one is full, with names that sort in that order', async () => {
    const sink = newSink(0.000_5);
    nowMs = Date.UTC(2026, 5, 15, 23, 59, 59);
    const batch = (n: number) => [leaving('ada', n), leaving('ada', n + 1)];
    await sink.deliver(batch(1));
    await sink.deliver(batch(3));
    nowMs += 2_000;
    await sink.deliver(batch(5));
    // A clock set back does not reopen yesterday.
    nowMs -= HOUR_MS;
    await sink.deliver(batch(7));
    expect(await files()).toEqual([
      'events-2026-06-15.000001.jsonl',
      'events-2026-06-15.000002.jsonl',
      'events-2026-06-16.000001.jsonl',
      'events-2026-06-16.000002.jsonl',
    ]);
    expect(await storedLines()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => leaving('ada', n)));
  });

  it('goes on in the same file after a restart', async () => {
    await newSink().deliver([leaving('ada', 1)]);
    await newSink().deliver([leaving('ada', 2)]);
    expect(await files()).toHaveLength(1);
    expect(await storedLines()).toEqual([leaving('ada', 1), leaving('ada', 2)]);
  });

  it.each([
    ['a short one', '{"interactionId":"0000'],
    ['a long one', `{"context":"${'x'.repeat(200_000)}`],
  ])('cuts off the line that a crash left torn, be it %s', async (_, torn) => {
    await newSink().deliver([leaving('ada', 1)]);
    await appendFile(path.join(folder, 'events-2026-06-15.000001.jsonl'), torn);
    await newSink().deliver([leaving('ada', 2)]);
    expect(await storedLines()).toEqual([leaving('ada', 1), leaving('ada', 2)]);
  });

  it('cuts off a torn line also when the day has changed, and when the file holds nothing else', async () => {
    await newSink().deliver([leaving('ada', 1)]);
    await writeFile(path.join(folder, 'events-2026-06-15.000002.jsonl'), '{"torn');
    nowMs += DAY_MS;
    await newSink().deliver([leaving('ada', 2)]);
    expect((await files()).at(-1)).toBe('events-2026-06-16.000001.jsonl');
    expect(await storedLines()).toEqual([leaving('ada', 1), leaving('ada', 2)]);
  });

  it('does not count events as delivered when the disk is full', async () => {
    const sink = newSink();
    await sink.deliver([leaving('ada', 1)]);
    await symlink('/dev/full', path.join(folder, 'events-2026-06-15.000002.jsonl'));
    await expect(sink.deliver([leaving('ada', 2)])).rejects.toThrow(/does not take events: .*ENOSPC/);
  });

  it('leaves files of other names alone', async () => {
    await newSink().deliver([leaving('ada', 1)]);
    await writeFile(path.join(folder, 'events-z-2026-06-15.000009.jsonl'), 'torn');
    await writeFile(path.join(folder, 'events-2026-06-15.000009.jsonl.gz'), 'packed');
    await newSink().deliver([leaving('ada', 2)]);
    expect(await readFile(path.join(folder, 'events-z-2026-06-15.000009.jsonl'), 'utf8')).toBe('torn');
    expect(await files()).toHaveLength(3);
  });
});
