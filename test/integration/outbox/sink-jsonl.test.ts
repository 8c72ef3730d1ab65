import { appendFile, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../src/lib/time.js';
import { JsonlSink } from '../../../src/outbox/sinks/jsonl-sink.js';
import { sinkContract } from '../../contract/sink.js';
import { outgoing } from '../../support/outbox.js';
import { NOON_MS } from '../../support/profile-events.js';

let parent: string;
let folder: string;
let nowMs = NOON_MS;

beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'bellwether-jsonl-'));
  folder = path.join(parent, 'created', 'by-the-sink');
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

  it('starts a file each UTC day and when one is full, with names that sort by creation', async () => {
    const sink = newSink(0.000_5);
    nowMs = Date.UTC(2026, 5, 15, 23, 59, 59);
    const batch = (n: number) => [outgoing('ada', n), outgoing('ada', n + 1)];
    await sink.deliver(batch(1));
    await sink.deliver(batch(3));
    nowMs += 2_000;
    await sink.deliver(batch(5));
    // Setting the clock back does not reopen the file of the day before.
    nowMs -= HOUR_MS;
    await sink.deliver(batch(7));
    expect(await numberedFiles()).toEqual([
      'events-2026-06-15.000001',
      'events-2026-06-15.000002',
      'events-2026-06-16.000001',
      'events-2026-06-16.000002',
    ]);
    expect(await storedLines()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => outgoing('ada', n)));
  });

  it('appends several deliveries to one file, and starts another after a restart', async () => {
    const sink = newSink();
    await sink.deliver([outgoing('ada', 1)]);
    await sink.deliver([outgoing('ada', 2)]);
    await newSink().deliver([outgoing('ada', 3)]);
    expect(await numberedFiles()).toEqual(['events-2026-06-15.000001', 'events-2026-06-15.000002']);
    expect(await storedLines()).toEqual([1, 2, 3].map((n) => outgoing('ada', n)));
  });

  it('keeps every line when a relay that lost its lock writes concurrently with its successor', async () => {
    const [former, successor] = [newSink(), newSink()];
    await former.deliver([outgoing('ada', 1)]);
    for (let turn = 0; turn < 20; turn += 1) {
      await Promise.all([
        former.deliver([outgoing('ada', 100 + turn)]),
        successor.deliver([outgoing('bob', 200 + turn)]),
      ]);
    }
    expect(await files()).toHaveLength(2);
    expect(await storedLines()).toHaveLength(41);
  });

  it('does not change an unfinished line of another relay', async () => {
    await newSink().deliver([outgoing('ada', 1)]);
    const [first = ''] = await files();
    await appendFile(path.join(folder, first), '{"interactionId":"0000');
    await newSink().deliver([outgoing('ada', 2)]);
    const [unfinished = '', next = ''] = await files();
    expect(await readFile(path.join(folder, unfinished), 'utf8')).toMatch(/\n\{"interactionId":"0000$/);
    expect(JSON.parse(await readFile(path.join(folder, next), 'utf8'))).toEqual(outgoing('ada', 2));
  });

  it('starts another file when its own was removed', async () => {
    const sink = newSink();
    await sink.deliver([outgoing('ada', 1)]);
    const [first = ''] = await files();
    await rm(path.join(folder, first));
    await sink.deliver([outgoing('ada', 2)]);
    expect(await numberedFiles()).toEqual(['events-2026-06-15.000002']);
  });

  it('does not count events as delivered when the disk is full', async () => {
    const sink = newSink();
    await sink.deliver([outgoing('ada', 1)]);
    const [first = ''] = await files();
    await rm(path.join(folder, first));
    await symlink('/dev/full', path.join(folder, first));
    await expect(sink.deliver([outgoing('ada', 2)])).rejects.toThrow(
      /could not be written to the folder .*ENOSPC/,
    );
  });

  it('does not touch files of other names', async () => {
    await newSink().deliver([outgoing('ada', 1)]);
    await writeFile(path.join(folder, 'events-z-2026-06-15.000009.jsonl'), 'unfinished');
    await writeFile(path.join(folder, 'events-2026-06-15.000009.jsonl.gz'), 'packed');
    await newSink().deliver([outgoing('ada', 2)]);
    expect(await readFile(path.join(folder, 'events-z-2026-06-15.000009.jsonl'), 'utf8')).toBe('unfinished');
    expect(await files()).toHaveLength(4);
  });
});
