/**
 * Preloaded into a process that is measured: when it gets SIGUSR2, it collects its garbage and writes what memory it
 * then takes, in bytes, as JSON to the file named in MEMORY_FILE.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const file = process.env['MEMORY_FILE'] ?? '';
process.on('SIGUSR2', () => {
  collect();
  writeFileSync(`${file}.new`, JSON.stringify(process.memoryUsage()));
  renameSync(`${file}.new`, file);
});
