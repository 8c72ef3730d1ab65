import { appendFile, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JsonlSink } from '../../../src/outbox/sinks/jsonl-sink.js';
import { sinkContract } from '../../contract/sink.js';
import { leaving } from '../../support/outbox.js';
import { HOUR_MS, NOON_MS } from '../../support/profile-events.js';

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

/** The names of the files without the relays that wrote them. */
const numberedFiles = async () => (await files()).map((name) => name.replace(/\.[\da-f]{8}\.jsonl$/, ''));

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
    expect(await numberedFiles()).toEqual([
      'events-2026-06-15.000001',
      'events-2026-06-15.000002',
      'events-2026-06-16.000001',
      'events-2026-06-16.000002',
    ]);
    expect(await storedLines()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => leaving('ada', n)));
  });

  it('writes one file for several deliveries, and another one after a restart', async () => {
    const sink = newSink();
    await sink.deliver([leaving('ada', 1)]);
    await sink.deliver([leaving('ada', 2)]);
    await newSink().deliver([leaving('ada', 3)]);
    expect(await numberedFiles()).toEqual(['events-2026-06-15.000001', 'events-2026-06-15.000002']);
    expect(await storedLines()).toEqual([1, 2, 3].map((n) => leaving('ada', n)));
  });

  it('keeps every line when a relay that lost its lock goes on writing beside its successor', async () => {
    const [former, successor] = [newSink(), newSink()];
    await former.deliver([leaving('ada', 1)]);
    for (let turn = 0; turn < 20; turn += 1) {
      await Promise.all([
        former.deliver([leaving('ada', 100 + turn)]),
        successor.deliver([leaving('bob', 200 + turn)]),
      ]);
    }
    expect(await files()).toHaveLength(2);
    expect(await storedLines()).toHaveLength(41);
  });

  it('leaves an unfinished line of another relay as it is', async () => {
    await newSink().deliver([leaving('ada', 1)]);
    const [first = ''] = await files();
    await appendFile(path.join(folder, first), '{"interactionId":"0000');
    await newSink().deliver([leaving('ada', 2)]);
    const [unfinished = '', next = ''] = await files();
    expect(await readFile(path.join(folder, unfinished), 'utf8')).toMatch(/\n\{"interactionId":"0000$/);
    expect(JSON.parse(await readFile(path.join(folder, next), 'utf8'))).toEqual(leaving('ada', 2));
  });

  it('begins another file when its own was removed', async () => {
    const sink = newSink();
    await sink.deliver([leaving('ada', 1)]);
    const [first = ''] = await files();
    await rm(path.join(folder, first));
    await sink.deliver([leaving('ada', 2)]);
    expect(await numberedFiles()).toEqual(['events-2026-06-15.000002']);
  });

  it('does not count events as delivered when the disk is full', async () => {
    const sink = newSink();
    await sink.deliver([leaving('ada', 1)]);
    const [first = ''] = await files();
    await rm(path.join(folder, first));
    await symlink('/dev/full', path.join(folder, first));
    await expect(sink.deliver([leaving('ada', 2)])).rejects.toThrow(/does not take events: .*ENOSPC/);
  });

  it('leaves files of other names alone', async () => {
    await newSink().deliver([leaving('ada', 1)]);
    await writeFile(path.join(folder, 'events-z-2026-06-15.000009.jsonl'), 'torn');
    await writeFile(path.join(folder, 'events-2026-06-15.000009.jsonl.gz'), 'packed');
    await newSink().deliver([leaving('ada', 2)]);
    expect(await readFile(path.join(folder, 'events-z-2026-06-15.000009.jsonl'), 'utf8')).toBe('torn');
    expect(await files()).toHaveLength(4);
  });
});
