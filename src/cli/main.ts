/** `paidonce <command>`: each command has its own file in this folder. */
import { runCommand } from './program.ts';

// The reader of the output may stop early: `paidonce why 1001 | head`.
process.stdout.once('error', () => process.exit());

const [name, ...rest] = process.argv.slice(2);
const exitCode = await runCommand(name === undefined ? [] : [name, ...rest]);
// The sandbox keeps running; every other command is over, even if connections are still open.
process.exitCode ??= exitCode;
if (name !== 'sandbox' || exitCode !== 0) process.exit();
