/** `npm run bench:compare -- DIST`: this build beside another one and the floor, in the same rounds; DIST is the other build's core. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { measureRounds } from './measure/rounds.ts';
import { COMPARED } from './options.ts';
import { printParts } from './report.ts';
import { LOAD } from './stand/load.ts';
import { CORE } from './stand/built.ts';
import { startStand } from './stand/stand.ts';

const [other] = process.argv.slice(2);
if (other === undefined || !existsSync(join(other, 'cli', 'main.js'))) {
  process.stderr.write('usage: npm run bench:compare -- DIST, the compiled core of another build\n');
  process.exit(2);
}
const stand = await startStand(CORE, other);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void stand.stop().finally(() => process.exit(130)));
try {
  const { parts, temporal } = stand;
  printParts(await measureRounds(parts, [temporal.process, LOAD], COMPARED, temporal.client));
} finally {
  await stand.stop();
}
