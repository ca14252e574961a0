import { Command } from 'commander';
import { ConfigError, readGatewayConfig, type GatewayConfig } from '../config/config.ts';
import type { GatewayCommand } from '../gateways/commands.ts';
import { GatewayRejected, GatewayUnavailable } from '../gateways/gateway.ts';
import { GATEWAY_COMMANDS } from '../gateways/registry.ts';
import { BadNews } from './exit.ts';
import { plainLine, plainText } from '../lib/terminal-text.ts';
import { print, printJson } from './print.ts';
import { withRunningDev } from './running-dev.ts';

/** `paidonce <gateway> <command>`: whatever a gateway lets a person do from a terminal. */
export function gatewayCommands(root: Command): Command[] {
  return GATEWAY_COMMANDS.map(({ gateway, summary, commands }) => {
    const example = commands.map(
      ({ name, argument }) => `  paidonce ${gateway} ${name}${argument ? ` <${argument.name}>` : ''}`,
    );
    const group = new Command(gateway)
      .description(summary)
      .addHelpText('after', `\nExample:\n${example.join('\n')}`)
      .copyInheritedSettings(root);
    for (const command of commands) group.addCommand(toCommand(command).copyInheritedSettings(group));
    return group;
  });
}

interface Options {
  readonly json?: true;
  readonly [flag: string]: unknown;
}

function toCommand(given: GatewayCommand<GatewayConfig>): Command {
  const { name, summary, argument, flag, help } = given;
  const command = new Command(name).description(summary).addHelpText('after', help);
  if (argument !== undefined) command.argument(`<${argument.name}>`, argument.summary);
  if (flag !== undefined) command.option(`--${flag.name}`, flag.summary);
  return command.option('--json', 'print the answer as JSON').action(async () => {
    const options = command.opts<Options>();
    const isFlagged = flag !== undefined && options[flag.name] === true;
    await run(given, { argument: command.args[0] ?? '', isFlagged }, options.json === true);
  });
}

async function run(
  command: GatewayCommand<GatewayConfig>,
  asked: Parameters<typeof command.run>[1],
  asJson: boolean,
): Promise<void> {
  const config = readGatewayConfig(withRunningDev(process.env));
  const answer = await command.run(config, asked).catch(fail);
  if (asJson) printJson(answer.json);
  if (answer.isBadNews === true) complain(answer.lines.join('\n'));
  else if (!asJson) for (const line of answer.lines) print(line);
}

/** A gateway that knows us not is a matter of configuration; everything else that it says is bad news. */
function fail(error: unknown): never {
  if (error instanceof GatewayUnavailable && error.kind === 'credentials')
    throw new ConfigError(error.message, { cause: error });
  if (!(error instanceof GatewayRejected) && !(error instanceof GatewayUnavailable)) throw error;
  complain(plainLine(error.message), error);
}

function complain(message: string, cause?: unknown): never {
  process.stderr.write(`paidonce: ${plainText(message)}\n`);
  throw new BadNews(message, { cause });
}
