import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of package.json, `migrations` and `tools`: above `src`, or above `dist/src`. */
export const PACKAGE_FOLDER = nearestPackage(import.meta.dirname);

function nearestPackage(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : nearestPackage(dirname(folder));
}
