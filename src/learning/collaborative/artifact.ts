import { z } from 'zod';
import { MAX_COLLABORATIVE_BYTES } from '../../domain/collaborative.js';
import type { CollaborativeModel } from '../../scoring/v2/collaborative-model.js';
import { FactorModel, HIGHEST_STEP, NeighborModel, type StoredNeighbors } from './folding.js';
import { rowCount } from './interactions.js';
import type { Neighbors } from './graph-filter.js';
import { unwhiten, type Vectors } from './whitening.js';

const FORMAT = 1;

const count = z.int().nonnegative();
const markets = z.array(z.string()).max(1_000_000);

const header = z.discriminatedUnion('method', [
  z.strictObject({
    ...{ format: z.literal(FORMAT), method: z.literal('als'), markets },
    ...{ factors: z.int().positive(), alpha: z.number().positive() },
  }),
  z.strictObject({
    ...{ format: z.literal(FORMAT), method: z.literal('graph'), markets },
    ...{ neighbors: count, scale: z.number().positive() },
  }),
]);

/** What a training produces: the model of one version. */
export type Artifact = FactorArtifact | NeighborArtifact;

export interface FactorArtifact {
  readonly method: 'als';
  readonly markets: readonly string[];
  readonly alpha: number;
  /** The factors of markets, whitened by `lower`. */
  readonly whitened: Vectors;
  readonly lower: Float64Array;
}

export interface NeighborArtifact {
  readonly method: 'graph';
  readonly markets: readonly string[];
  readonly scale: number;
  readonly neighbors: StoredNeighbors;
}

/** Sections of numbers start at multiples of this. */
const ALIGNMENT = 8;

/**
 * Packs a model: the length of the header, the header as JSON, and the numbers, little-endian, those of more bytes first. So
 * all of them are aligned, and {@link unpackArtifact} reads them in place.
 */
export function packArtifact(artifact: Artifact): Uint8Array<ArrayBuffer> {
  const { method, markets: ids } = artifact;
  const common = { format: FORMAT, method, markets: ids };
  if (artifact.method === 'als') {
    const { whitened, alpha, lower } = artifact;
    return packed({ ...common, factors: whitened.size, alpha }, [lower, whitened.values]);
  }
  const { start, ids: neighbors, steps, highest } = artifact.neighbors;
  return packed({ ...common, neighbors: neighbors.length, scale: artifact.scale }, [
    start,
    neighbors,
    highest,
    steps,
  ]);
}

type Numbers = Float64Array | Float32Array | Int32Array | Uint16Array;

function packed(header: object, sections: readonly Numbers[]): Uint8Array<ArrayBuffer> {
  const json = Buffer.from(JSON.stringify(header));
  const start = aligned(4 + json.length);
  const total = sections.reduce((sum, { byteLength }) => sum + byteLength, start);
  if (total > MAX_COLLABORATIVE_BYTES) {
    throw new RangeError(
      `The model has ${total} bytes, and at most ${MAX_COLLABORATIVE_BYTES} are stored. Lower learning.collaborative.maxMarkets, graph.neighbors or als.factors.`,
    );
  }
  const bytes = new Uint8Array(total);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 4);
  let at = start;
  for (const section of sections) {
    bytes.set(new Uint8Array(section.buffer, section.byteOffset, section.byteLength), at);
    at += section.byteLength;
  }
  return bytes;
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

/**
 * Reads a model in place.
 *
 * @param bytes at the start of their buffer.
 * @throws {RangeError} for bytes in another format, of another length, or with rows that are not in order.
 */
export function unpackArtifact(bytes: Uint8Array<ArrayBuffer>): Artifact {
  const sections = new Sections(bytes);
  const read = header.safeParse(sections.header());
  if (!read.success) throw new RangeError('The collaborative model is in an unknown format.');
  const { data } = read;
  const artifact = data.method === 'als' ? factorArtifact(data, sections) : neighborArtifact(data, sections);
  sections.end();
  return artifact;
}

type Header<Method> = Extract<z.infer<typeof header>, { readonly method: Method }>;

function factorArtifact({ markets: ids, factors, alpha }: Header<'als'>, sections: Sections): FactorArtifact {
  const lower = sections.next(Float64Array, factors * factors);
  const values = sections.next(Float32Array, ids.length * factors);
  return { method: 'als', markets: ids, alpha, lower, whitened: { size: factors, values } };
}

function neighborArtifact(data: Header<'graph'>, sections: Sections): NeighborArtifact {
  const { markets: ids, neighbors: length, scale } = data;
  const start = sections.next(Int32Array, ids.length + 1);
  const neighbors = {
    start,
    ids: sections.next(Int32Array, length),
    highest: sections.next(Float32Array, ids.length),
    steps: sections.next(Uint16Array, length),
  };
  const isInOrder = start.every((from, item) => from >= (item === 0 ? 0 : (start[item - 1] as number)));
  if (!isInOrder || start[0] !== 0 || start.at(-1) !== length)
    throw new RangeError('The rows of the collaborative model are not in order.');
  return { method: 'graph', markets: ids, scale, neighbors };
}

interface NumbersType<Type> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): Type;
}

class Sections {
  #at = 0;

  constructor(private readonly bytes: Uint8Array<ArrayBuffer>) {}

  header(): unknown {
    const { buffer, byteOffset, byteLength } = this.bytes;
    const length = byteLength < 4 ? Infinity : new DataView(buffer, byteOffset).getUint32(0, true);
    if (4 + length > byteLength) throw new RangeError('The collaborative model is truncated.');
    this.#at = aligned(4 + length);
    try {
      return JSON.parse(Buffer.from(buffer, byteOffset + 4, length).toString());
    } catch {
      throw new RangeError('The header of the collaborative model is not JSON.');
    }
  }

  next<Type>(type: NumbersType<Type>, length: number): Type {
    const from = this.#at;
    this.#at += length * type.BYTES_PER_ELEMENT;
    if (this.#at > this.bytes.byteLength) throw new RangeError('The collaborative model is truncated.');
    return new type(this.bytes.buffer, this.bytes.byteOffset + from, length);
  }

  end(): void {
    if (this.#at !== this.bytes.byteLength)
      throw new RangeError('The collaborative model has bytes after its last section.');
  }
}

/** The model of an artifact, for scoring. */
export function modelOf(artifact: Artifact): CollaborativeModel {
  const items = new Map(artifact.markets.map((id, item) => [id, item]));
  return artifact.method === 'als'
    ? new FactorModel(items, artifact.whitened, artifact.alpha)
    : new NeighborModel(items, artifact.neighbors, artifact.scale);
}

/** The factors of markets in an artifact, in the order of other markets; NaN for those that it does not have. */
export function factorsOf(
  { markets: ids, whitened, lower }: FactorArtifact,
  of: readonly string[],
): Float32Array {
  const { size, values } = whitened;
  const factors = new Float32Array(values.length);
  unwhiten(lower, whitened, factors);
  const items = new Map(ids.map((id, item) => [id, item]));
  const found = new Float32Array(of.length * size).fill(NaN);
  for (const [index, id] of of.entries()) {
    const item = items.get(id);
    if (item !== undefined) found.set(factors.subarray(item * size, (item + 1) * size), index * size);
  }
  return found;
}

/** Rounds the values of neighbors to steps. */
export function storedNeighbors(neighbors: Neighbors): StoredNeighbors {
  const { start, ids, values } = neighbors;
  const highest = new Float32Array(rowCount(neighbors));
  const steps = new Uint16Array(ids.length);
  for (let item = 0; item < highest.length; item += 1) {
    const [from, to] = [start[item] as number, start[item + 1] as number];
    for (let index = from; index < to; index += 1)
      highest[item] = Math.max(highest[item] as number, values[index] as number);
    const factor = HIGHEST_STEP / (highest[item] as number);
    for (let index = from; index < to; index += 1)
      steps[index] = Math.round(factor * (values[index] as number));
  }
  return { start, ids, steps, highest };
}
