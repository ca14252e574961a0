import { Command, CommanderError } from 'commander';
import { approvalCommands } from './approve.ts';
import { auditCommand } from './audit.ts';
import { backfillCommand } from './backfill.ts';
import { cancelCommand } from './cancel.ts';
import { codecServerCommand } from './codec-server.ts';
import { conformanceCommand } from './conformance.ts';
import { doctorCommand } from './doctor.ts';
import { exitCodeOf } from './exit.ts';
import { gatewayCommands } from './gateway-commands.ts';
import { goliveCommand } from './golive.ts';
import { lookCommand } from './look.ts';
import { moneyCommands } from './move-money.ts';
import { reconcileCommand } from './reconcile.ts';
import { redeliverCommand } from './redeliver.ts';
import { replayCommand } from './replay.ts';
import { resolveCommand } from './resolve.ts';
import { roleCommands } from './roles.ts';
import { triggerCommand } from './trigger.ts';
import { VERSION } from '../lib/version.ts';
import { whyCommand } from './why.ts';

/**
 * Runs `paidonce <arguments>` and returns the exit code: 0 success, 1 a negative result, 2 wrong usage or
 * configuration.
 */
export async function runCommand(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (!(error instanceof CommanderError)) return exitCodeOf(error, args.includes('--json'));
    return error.exitCode === 0 ? 0 : 2;
  }
}

function program(): Command {
  const root = new Command('paidonce')
    .description('A payment orchestrator: every order is paid exactly once')
    .version(VERSION, '--version', 'print the version of paidonce')
    .showHelpAfterError('(--help shows the usage)')
    .exitOverride();
  const commands = [
    ...roleCommands(),
    codecServerCommand(),
    whyCommand(),
    doctorCommand(),
    ...moneyCommands(),
    cancelCommand(),
    resolveCommand(),
    ...approvalCommands(),
    lookCommand(),
    redeliverCommand(),
    reconcileCommand(),
    backfillCommand(),
    replayCommand(),
    auditCommand(),
    triggerCommand(),
    goliveCommand(),
    conformanceCommand(),
  ];
  for (const command of commands) root.addCommand(command.copyInheritedSettings(root));
  for (const group of gatewayCommands(root)) root.addCommand(group);
  return root;
}
