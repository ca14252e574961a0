/**
 * Replays histories of a real server with the workflow code of this checkout:
 *
 *     npx tsx test/replay/replay-folder.ts <folder with the output of temporal workflow show --output json>
 *
 * PAYLOAD_KEYS decrypts them. Exits with 1 where one does not replay. CONTRIBUTING.md, "How to reproduce an incident".
 */
import { replay, replayBundle, storedHistories } from './replaying.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('name the folder with the histories: <workflow>.json of temporal workflow show\n');
  process.exit(2);
}
let failed = 0;
for await (const { name, faults } of replay(await replayBundle(), await storedHistories(folder))) {
  if (faults.length > 0) failed += 1;
  const result = faults.length === 0 ? 'replays' : `does not replay:\n  ${faults.join('\n  ')}`;
  process.stdout.write(`${name} ${result}\n`);
}
process.exitCode = failed === 0 ? 0 : 1;
