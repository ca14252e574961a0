import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where package.json lies, with `migrations` and `tools` beside it: above `src`, and above `dist/src`. */
export const PACKAGE_FOLDER = nearestPackage(import.meta.dirname);

function nearestPackage(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : nearestPackage(dirname(folder));
}
