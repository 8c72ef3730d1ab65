import { describe, expect, it } from 'vitest';
import type { ImportRecord } from '../../../src/catalog/importers/formats/import-record.js';
import { ArchiveBuilder } from '../../../src/evaluation/archive-builder.js';
import { archived, archiveOf, interaction, minute, START_MS } from '../../support/archive.js';

const market = archived('a', { tags: ['Elections'] });

describe('archive builder', () => {
  it('clears the fields that would leak the outcome of a market', () => {
    const details = {
      ...{
        probability: 1,
        volume24h: 5,
        volumeTotal: 900,
        participantCount: 40,
        status: 'RESOLVED' as const,
      },
      ...{ editorialBoost: 1, editorialDescription: 'It came true.' },
      ...{ category: 'Politics', tags: ['Elections'], eventKey: 'e', resolvesAt: minute(9) },
    };
    const { archive } = archiveOf({ markets: [archived('a', details)], interactions: [] });
    expect(archive.markets[0]?.market).toMatchObject({
      ...{ probability: null, volume24h: null, volumeTotal: null, participantCount: null, status: 'OPEN' },
      ...{ editorialBoost: 0, editorialDescription: null },
      ...{ category: 'Politics', tags: ['Elections'], eventKey: 'e', resolvesAt: new Date(minute(9)) },
    });
    expect(archive.prices).toEqual([]);
  });

  it('uses the odds of a market with pricedAt as a price at that instant', () => {
    const first = archived('a', { probability: 0.2, volume24h: 7 }, { pricedAt: minute(3) });
    const second = archived('a', { probability: 0.9, volume24h: 8 }, { pricedAt: minute(1) });
    const { archive } = archiveOf({ markets: [first, second], interactions: [] });
    expect(archive.markets).toHaveLength(1);
    expect(archive.prices).toEqual([
      { atMs: START_MS + 60_000, market: 0, probability: 0.9, volume24h: 8 },
      { atMs: START_MS + 180_000, market: 0, probability: 0.2, volume24h: 7 },
    ]);
  });

  it('gives the same archive for every order of lines', () => {
    const records: ImportRecord[] = [
      { kind: 'market', line: 1, ...archived('b') },
      { kind: 'market', line: 2, ...archived('a') },
      ...[
        interaction('u2', 'a', minute(5)),
        interaction('u1', 'b', minute(5)),
        interaction('u1', 'a', minute(5)),
        interaction('u1', 'a', minute(5), { eventType: 'SHARE' }),
        interaction('u3', 'b', minute(1)),
      ].map((each, index) => ({ kind: 'interaction' as const, line: 3 + index, interaction: each })),
    ];
    const built = (inOrder: readonly ImportRecord[]) => {
      const builder = new ArchiveBuilder();
      for (const record of inOrder) builder.add(record, 'x');
      return builder.finish().archive;
    };
    expect(built(records.toReversed())).toEqual(built(records));
    expect(built(records).events.map(({ userKey }) => userKey)).toEqual(['u3', 'u1', 'u1', 'u1', 'u2']);
  });

  it('counts a duplicate interaction once', () => {
    const twice = [interaction('u', 'a', minute(1)), interaction('u', 'a', minute(1))];
    const named = [1, 2].map((count) => interaction('v', 'a', minute(count), { clientEventId: 'c' }));
    const { archive, intake } = archiveOf({ markets: [market], interactions: [...twice, ...named] });
    expect(archive.events).toHaveLength(2);
    expect(intake).toMatchObject({ interactions: 2, duplicates: 2, rejected: 0 });
  });

  it.each([
    [
      'a market without createdAt',
      { kind: 'market' as const, ...archived('x', { createdAt: '' }) },
      /createdAt/,
    ],
    [
      'a market with a value out of range',
      { kind: 'market' as const, ...archived('x', { probability: 2 }) },
      /probability must be 0 to 1/,
    ],
    [
      'an unknown event type',
      { kind: 'interaction' as const, interaction: interaction('u', 'a', minute(1), { eventType: 'LOOK' }) },
      /eventType: must be one of/,
    ],
    [
      'an interaction with an unknown market',
      { kind: 'interaction' as const, interaction: interaction('u', 'zzz', minute(1)) },
      /marketId: there is no market "zzz"/,
    ],
    [
      'a line that is not a record',
      { kind: 'rejected' as const, reason: 'the line is not JSON', raw: '' },
      /not JSON/,
    ],
  ])('rejects %s with a reason', (_, record, reason) => {
    const builder = new ArchiveBuilder();
    builder.add({ kind: 'market', line: 1, ...market }, 'file');
    builder.add({ kind: 'interaction', line: 2, interaction: interaction('u', 'a', minute(1)) }, 'file');
    const bad =
      record.kind === 'market' && record.market.createdAt === ''
        ? { ...record, market: { id: 'x', title: 'X' } }
        : record;
    builder.add({ line: 3, ...bad }, 'file');
    const { archive, intake } = builder.finish();
    expect(archive.events).toHaveLength(1);
    expect(intake).toMatchObject({ markets: 1, interactions: 1, rejected: 1 });
    expect(intake.rejects).toEqual([
      { source: 'file', line: 3, reason: expect.stringMatching(reason) as string },
    ]);
  });
});
