import { describe, expect, it } from 'vitest';
import { ReadLimit } from '../../../src/server/read-limit.js';

/** A process with a clock that is set by hand. */
class Process {
  nowMs = 0;
  activeMs = 0;
  readonly limit = new ReadLimit({
    nowMs: () => this.nowMs,
    utilization: (since) => ({ active: this.activeMs - (since?.active ?? 0), idle: 0, utilization: 0 }),
  });

  /** Completes reads one after another, each of which takes `costMs` of the processor. */
  serve(reads: number, costMs: number): void {
    for (let read = 0; read < reads; read++) {
      expect(this.limit.tryBegin()).toBe(true);
      this.activeMs += costMs;
      this.nowMs += Math.max(costMs, 1);
      this.limit.end();
    }
  }

  /** Begins reads until one is rejected. */
  fill(): number {
    let accepted = 0;
    while (this.limit.tryBegin()) accepted += 1;
    return accepted;
  }
}

describe('the limit of reads in progress', () => {
  it('is 1,000 before any read has completed', () => {
    expect(new Process().fill()).toBe(1_000);
  });

  it.each([
    ['40 reads of 1 ms', 1, 40],
    ['80 reads of 0.5 ms', 0.5, 80],
    ['16 reads, however slow they are', 50, 16],
    ['1,000 reads that wait for the database and cost almost nothing', 0.01, 1_000],
  ])('is %s', (_, costMs, reads) => {
    const process = new Process();
    process.serve(5_000, costMs);
    expect(process.fill()).toBe(reads);
  });

  it('follows the cost when that changes', () => {
    const process = new Process();
    process.serve(5_000, 0.5);
    process.serve(5_000, 2);
    expect(process.limit.limit).toBeGreaterThanOrEqual(19);
    expect(process.limit.limit).toBeLessThanOrEqual(20);
  });

  it('accepts another read when one ends', () => {
    const process = new Process();
    process.serve(5_000, 1);
    process.fill();
    expect(process.limit.tryBegin()).toBe(false);
    process.limit.end();
    expect(process.limit.tryBegin()).toBe(true);
  });

  it('ignores windows with few reads, in which background work dominates', () => {
    const process = new Process();
    process.serve(5_000, 1);
    const before = process.limit.limit;
    process.activeMs += 900;
    process.nowMs += 2_000;
    process.serve(1, 1);
    expect(process.limit.limit).toBe(before);
  });
});
