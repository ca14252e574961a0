/** `paidonce <command>`: what each does stands in a file beside this one. */
import { runCommand } from './program.ts';

// A reader of our output may stop early: `paidonce why 1001 | head`.
process.stdout.once('error', () => process.exit());

const [name, ...rest] = process.argv.slice(2);
const exitCode = await runCommand(name === undefined ? [] : [name, ...rest]);
// The sandbox has only begun; everything else is over, whatever is still connected.
process.exitCode ??= exitCode;
if (name !== 'sandbox' || exitCode !== 0) process.exit();
