import { hash } from 'node:crypto';
import { VECTOR_SIZE, type MarketVector, type VectorColumns } from '../../scoring/v2/features.js';
import { editColumn, type RowEdits } from './row-edits.js';

/** A stored text vector. */
export interface StoredVector {
  /** Name and version of the model that computed it. */
  readonly model: string;
  /** {@link VECTOR_SIZE} signed bytes; empty for a title that the model cannot represent. */
  readonly values: Int8Array;
}

/** The text vectors of a catalog, with the store that all of its versions share. */
export interface CatalogVectors extends VectorColumns {
  readonly store: VectorStore;
}

/** Unused vectors, besides one per row, from which on the store is compacted. */
const GARBAGE_MARGIN = 1_000;

/** The number of a model, the same in all catalogs and processes. */
function numberOf(model: string): number {
  return hash('sha256', model, 'buffer').readInt32BE(0);
}

/** 1 / length of a vector; null for one without a direction. */
function inverseLengthOf(values: Int8Array): number | null {
  let squares = 0;
  for (const value of values) squares += value * value;
  return values.length !== VECTOR_SIZE || squares === 0 ? null : 1 / Math.sqrt(squares);
}

/**
 * Text vectors in memory. A vector is never changed or moved: a changed title appends another one. So versions of a catalog
 * share a store, and an earlier version keeps its vectors.
 */
export class VectorStore {
  #size = 0;
  #values: Int8Array<ArrayBuffer>;
  #inverseLength: Float64Array<ArrayBuffer>;
  #model: Int32Array<ArrayBuffer>;
  /** The model of the latest vector, as most vectors have the same. */
  #latest = { model: '', number: numberOf('') };

  constructor(capacity: number) {
    this.#values = new Int8Array(capacity * VECTOR_SIZE);
    this.#inverseLength = new Float64Array(capacity);
    this.#model = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** The vectors so far; those that are added later may be missing. */
  get columns(): Omit<VectorColumns, 'index'> {
    return { values: this.#values, inverseLength: this.#inverseLength, model: this.#model };
  }

  /** Adds a vector and returns its index; −1 for one without a direction. */
  add({ model, values }: StoredVector): number {
    const inverseLength = inverseLengthOf(values);
    if (inverseLength === null) return -1;
    if (this.#latest.model !== model) this.#latest = { model, number: numberOf(model) };
    return this.#append(values, inverseLength, this.#latest.number);
  }

  /** A store of the vectors of these rows, and the index of each. */
  compacted(index: Int32Array<ArrayBuffer>): { store: VectorStore; index: Int32Array<ArrayBuffer> } {
    const used = index.reduce((count, own) => count + Number(own >= 0), 0);
    const store = new VectorStore(used);
    const moved = index.map((own) => {
      if (own < 0) return -1;
      const values = this.#values.subarray(own * VECTOR_SIZE, (own + 1) * VECTOR_SIZE);
      return store.#append(values, this.#inverseLength[own] as number, this.#model[own] as number);
    });
    return { store, index: moved };
  }

  #append(values: Int8Array, inverseLength: number, model: number): number {
    if (this.#size === this.#model.length) this.#grow();
    this.#values.set(values, this.#size * VECTOR_SIZE);
    this.#inverseLength[this.#size] = inverseLength;
    this.#model[this.#size] = model;
    this.#size += 1;
    return this.#size - 1;
  }

  /** Earlier versions keep the arrays that they have. */
  #grow(): void {
    const capacity = Math.ceil(1.25 * this.#size) + 64;
    const [values, inverseLength, model] = [this.#values, this.#inverseLength, this.#model];
    this.#values = new Int8Array(capacity * VECTOR_SIZE);
    this.#values.set(values);
    this.#inverseLength = new Float64Array(capacity);
    this.#inverseLength.set(inverseLength);
    this.#model = new Int32Array(capacity);
    this.#model.set(model);
  }
}

/** No vectors yet, for a catalog of some rows. */
export function noVectors(size: number): CatalogVectors {
  const store = new VectorStore(size);
  return { ...store.columns, store, index: new Int32Array(size).fill(-1) };
}

/** Sets the vectors of some rows. Compacts the store if much of it is unused. */
export function setVectors(
  old: CatalogVectors,
  found: Iterable<readonly [row: number, vector: StoredVector]>,
): CatalogVectors {
  let { store } = old;
  let index = Int32Array.from(old.index);
  for (const [row, vector] of found) index[row] = store.add(vector);
  if (store.size > 2 * index.length + GARBAGE_MARGIN) ({ store, index } = store.compacted(index));
  return { ...store.columns, store, index };
}

/**
 * The vectors of edited rows. A market whose title changed keeps its vector until the job computes another one.
 *
 * @param rowOf returns the old row of an inserted entry; undefined for a new one.
 */
export function patchVectors<Entry>(
  old: CatalogVectors,
  edits: RowEdits<Entry>,
  rowOf: (entry: Entry) => number | undefined,
): CatalogVectors {
  const index = editColumn(old.index, edits, (entry) => {
    const row = rowOf(entry);
    return row === undefined ? -1 : (old.index[row] as number);
  });
  return { ...old, index };
}

/** The vectors of markets of a catalog that are given by their rows; undefined for another market. */
export function subsetVectors(
  catalog: VectorColumns | null,
  rows: readonly (number | undefined)[],
): VectorColumns | null {
  if (catalog === null) return null;
  const index = Int32Array.from(rows, (row) => (row === undefined ? -1 : (catalog.index[row] as number)));
  return { ...catalog, index };
}

/** A stored vector by itself; null for one without a direction. */
export function singleVector({ model, values }: StoredVector): MarketVector | null {
  const inverseLength = inverseLengthOf(values);
  if (inverseLength === null) return null;
  return {
    index: 0,
    vectors: {
      values: values.slice(),
      inverseLength: Float64Array.of(inverseLength),
      model: Int32Array.of(numberOf(model)),
    },
  };
}

/** A copy of a vector that does not keep the store of its catalog in memory. */
export function ownCopy({ vectors, index }: MarketVector): MarketVector {
  const from = index * VECTOR_SIZE;
  return {
    index: 0,
    vectors: {
      values: vectors.values.slice(from, from + VECTOR_SIZE),
      inverseLength: vectors.inverseLength.slice(index, index + 1),
      model: vectors.model.slice(index, index + 1),
    },
  };
}
