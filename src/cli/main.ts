/** `paidonce <command>`. Exit 0 fine, 1 the answer is bad news, 2 wrong usage or configuration. */
import { Command, CommanderError } from 'commander';
import { roleCommands } from './roles.ts';
import { exitCodeOf } from './exit.ts';

const program = new Command('paidonce')
  .description('A payment orchestrator: every order paid exactly once')
  .showHelpAfterError()
  .exitOverride();
for (const command of roleCommands()) program.addCommand(command);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else process.exitCode = exitCodeOf(error);
}
