import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Period } from '../storage/export-repository.js';
import { EXPORT_COLUMNS, exportRecords, type ExportKind, type ExportSource } from './export-records.js';
import { openWriter, type ExportFormat } from './record-writers.js';

export interface ExportOptions {
  readonly folder: string;
  readonly kinds: readonly ExportKind[];
  readonly format: ExportFormat;
  readonly period: Period;
  /** Ends the export before the next page; the file is completed. */
  readonly signal: AbortSignal;
  /** Receives the number of records of a kind so far, after each page. */
  readonly onProgress: (kind: ExportKind, records: number) => void;
}

/** A file of an export. */
export interface ExportedFile {
  readonly kind: ExportKind;
  readonly file: string;
  readonly records: number;
}

/** Writes one file per kind, named after it, with a page of records in memory. An existing file is replaced. */
export async function runExport(
  source: ExportSource,
  { folder, kinds, format, period, signal, onProgress }: ExportOptions,
): Promise<ExportedFile[]> {
  await mkdir(folder, { recursive: true });
  const files: ExportedFile[] = [];
  for (const kind of kinds) {
    const file = path.join(folder, `${kind}.${format}`);
    const writer = openWriter(file, format, EXPORT_COLUMNS[kind]);
    let records = 0;
    try {
      for await (const page of exportRecords(kind, period, source)) {
        signal.throwIfAborted();
        await writer.write(page);
        records += page.length;
        onProgress(kind, records);
      }
    } finally {
      await writer.end();
    }
    files.push({ kind, file, records });
  }
  return files;
}
