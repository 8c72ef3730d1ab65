import { settingDocs } from '../config/settings.js';

/** The settings of the environment, for the help of commands that run on. */
export function settingsHelp(): string {
  const width = Math.max(...settingDocs.map(([name]) => name.length));
  const lines = settingDocs.map(([name, fallback, meaning]) => {
    const standard = fallback === '' ? '' : ` (default ${fallback})`;
    return `  ${name.padEnd(width)}  ${meaning}${standard}`;
  });
  return `\nSettings, from the environment:\n${lines.join('\n')}`;
}
