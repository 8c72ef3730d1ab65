import { readJsonLines } from '../catalog/importers/jsonl.js';
import type { ImportSource } from '../catalog/importers/open-source.js';
import type { Archive } from './archive.js';
import { ArchiveBuilder, type ArchiveIntake } from './archive-builder.js';

/**
 * Reads sources in the neutral form (JSON lines) into one archive that is held in memory.
 *
 * @param onProgress told the share read, 0–1.
 * @throws OperatorError when a source is broken as a whole.
 */
export async function readArchive(
  sources: readonly ImportSource[],
  onProgress: (share: number) => void,
): Promise<{ archive: Archive; intake: ArchiveIntake }> {
  const builder = new ArchiveBuilder();
  const totalBytes = sources.reduce((sum, source) => sum + source.totalBytes, 0);
  let bytesBefore = 0;
  for (const source of sources) {
    const bytes = source.read((bytesRead) => onProgress((bytesBefore + bytesRead) / Math.max(1, totalBytes)));
    for await (const record of readJsonLines(bytes, source.encoding)) builder.add(record, source.name);
    bytesBefore += source.totalBytes;
  }
  return builder.finish();
}
