import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { stringify } from 'csv-stringify/sync';
import { fileWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import type { ColumnType, ExportColumns, ExportRecord } from './export-records.js';

export const EXPORT_FORMATS = ['jsonl', 'csv', 'parquet'] as const;

export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Writes records to a file, which it creates or replaces. */
export interface RecordWriter {
  write(records: readonly ExportRecord[]): Promise<void>;
  /** Completes the file. */
  end(): Promise<void>;
}

export function openWriter(file: string, format: ExportFormat, columns: ExportColumns): RecordWriter {
  switch (format) {
    case 'jsonl':
      return textWriter(file, '', (records) =>
        records.map((record) => `${JSON.stringify(record)}\n`).join(''),
      );
    case 'csv':
      return textWriter(file, stringify([Object.keys(columns)]), (records) =>
        stringify(records.map((record) => Object.keys(columns).map((name) => csvValue(record[name])))),
      );
    case 'parquet':
      return parquetWriter(file, columns);
  }
}

function textWriter(
  file: string,
  header: string,
  textOf: (records: readonly ExportRecord[]) => string,
): RecordWriter {
  const output = createWriteStream(file);
  // An error of the file is thrown by `once` and `finished`.
  output.on('error', () => undefined);
  let isStarted = false;
  return {
    write: async (records) => {
      const text = (isStarted ? '' : header) + textOf(records);
      isStarted = true;
      if (text !== '' && !output.write(text)) await once(output, 'drain');
    },
    end: async () => {
      output.end(isStarted ? '' : header);
      await finished(output);
    },
  };
}

/** As the import format has it: lists separated by `|`, objects as JSON, and nothing for null. */
function csvValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.join('|');
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}

/** Rows per row group, of which one is in memory. */
const ROW_GROUP = 20_000;

const PARQUET_TYPES = {
  text: 'STRING',
  number: 'DOUBLE',
  integer: 'INT32',
  boolean: 'BOOLEAN',
  instant: 'TIMESTAMP',
  texts: 'JSON',
  json: 'JSON',
} as const satisfies Readonly<Record<ColumnType, string>>;

function parquetWriter(file: string, columns: ExportColumns): RecordWriter {
  const names = Object.entries(columns);
  const writer = new ParquetWriter({
    writer: fileWriter(file),
    schema: schemaFromColumnData({
      columnData: names.map(([name, type]) => ({ name, data: [], type: PARQUET_TYPES[type] })),
    }),
  });
  let rows: ExportRecord[] = [];
  const writeRows = async (): Promise<void> => {
    if (rows.length === 0) return;
    const columnData = names.map(([name, type]) => ({
      name,
      data: rows.map((row) => parquetValue(row[name] ?? null, type)),
    }));
    rows = [];
    await writer.write({ columnData, rowGroupSize: ROW_GROUP });
  };
  return {
    write: async (records) => {
      rows.push(...records);
      if (rows.length >= ROW_GROUP) await writeRows();
    },
    end: async () => {
      await writeRows();
      await writer.finish();
    },
  };
}

function parquetValue(value: unknown, type: ColumnType): unknown {
  return type === 'instant' && typeof value === 'string' ? new Date(value) : value;
}
