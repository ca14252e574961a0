/**
 * `npm run bench:compare -- [NAME=DIST …]`: this build beside others and the floor, in the same rounds. DIST is
 * another build's core.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { measureRounds } from './measure/rounds.ts';
import { COMPARED } from './options.ts';
import { printParts } from './report.ts';
import { LOAD } from './stand/load.ts';
import { withStand, type OtherBuild } from './stand/stand.ts';

const others = process.argv.slice(2).map((argument) => {
  const [name = '', dist = ''] = argument.split('=');
  return { name, dist };
});
const isBuild = ({ name, dist }: OtherBuild) => name !== '' && existsSync(join(dist, 'cli', 'main.js'));
if (!others.every(isBuild)) {
  process.stderr.write(
    'usage: npm run bench:compare -- [NAME=DIST …], where DIST is the compiled core of another build\n',
  );
  process.exit(2);
}
await withStand(async ({ parts, temporal }) => {
  printParts(await measureRounds(parts, [temporal.process, LOAD], COMPARED, temporal.client));
}, others);
