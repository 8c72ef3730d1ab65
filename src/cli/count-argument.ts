import { InvalidArgumentError } from 'commander';

/** Reads an argument that is a whole number from 1 to `most`. */
export function countUpTo(most: number): (text: string) => number {
  return (text) => {
    const count = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(count >= 1 && count <= most)) {
      throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
    }
    return count;
  };
}
