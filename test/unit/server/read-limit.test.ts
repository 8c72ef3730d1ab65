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

  /** Completes reads one after another, each of which takes `costMs` of the processor, and then waits `idleMs`. */
  serve(reads: number, costMs: number, idleMs = 0): void {
    for (let read = 0; read < reads; read++) {
      expect(this.limit.tryBegin()).toBe(true);
      this.activeMs += costMs;
      this.nowMs += costMs + idleMs;
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
    ['32 reads, however slow they are', 50, 32],
    ['1,000 reads that cost almost nothing', 0.01, 1_000],
  ])('is %s', (_, costMs, reads) => {
    const process = new Process();
    process.serve(5_000, costMs);
    expect(process.fill()).toBe(reads);
  });

  it('follows the cost when that changes', () => {
    const process = new Process();
    process.serve(5_000, 0.5);
    process.serve(5_000, 2);
    expect(process.limit.limit).toBe(32);
  });

  it('accepts another read when one ends', () => {
    const process = new Process();
    process.serve(5_000, 1);
    process.fill();
    expect(process.limit.tryBegin()).toBe(false);
    process.limit.end();
    expect(process.limit.tryBegin()).toBe(true);
  });

  it('is 1,000 while the reads wait for the database and the event loop is idle', () => {
    const process = new Process();
    process.serve(5_000, 1);
    expect(process.limit.limit).toBe(40);
    process.serve(500, 1, 10);
    expect(process.fill()).toBe(1_000);
  });

  it('ends when no read completes because the database does not respond', () => {
    const process = new Process();
    process.serve(5_000, 1);
    process.fill();
    process.nowMs += 500;
    expect(process.limit.tryBegin()).toBe(true);
  });

  it('ignores the cost in windows with few reads, in which background work dominates', () => {
    const process = new Process();
    process.serve(5_000, 1);
    process.activeMs += 400;
    process.nowMs += 500;
    process.serve(1, 1);
    process.serve(120, 1);
    expect(process.limit.limit).toBe(40);
  });
});
