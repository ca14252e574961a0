/** The sheet of the shop, which paidonce's dashboard has too. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const STYLE = readFileSync(sheetAbove(import.meta.dirname), 'utf8');

/** The sources and the bundle have different depths. */
function sheetAbove(folder: string): string {
  const here = join(folder, 'kit', 'sheet.css');
  return existsSync(here) ? here : sheetAbove(dirname(folder));
}
