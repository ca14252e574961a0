import { Command } from 'commander';
import { readCommandSettings } from '../config/config.ts';
import { ConfigError } from '../config/environment.ts';
import type { AskedCommand, GatewayCommand } from '../gateways/gateway-command.ts';
import type { GatewayDescriptor } from '../gateways/gateway-descriptor.ts';
import { GatewayRejected, GatewayUnavailable } from '../gateways/gateway-errors.ts';
import { GATEWAYS } from '../gateways/registry.ts';
import { BadNews } from './exit.ts';
import { plainLine, plainText } from '../lib/terminal-text.ts';
import { print, printJson } from './print.ts';
import { withRunningDev } from './running-dev.ts';

/** `paidonce <gateway> <command>`: the commands of a gateway. */
export function gatewayCommands(root: Command): Command[] {
  return GATEWAYS.map((gateway) => {
    const { summary, list } = gateway.commands;
    const example = list.map(
      ({ name, argument }) => `  paidonce ${gateway.id} ${name}${argument ? ` <${argument.name}>` : ''}`,
    );
    const group = new Command(gateway.id)
      .description(summary)
      .addHelpText('after', `\nExample:\n${example.join('\n')}`)
      .copyInheritedSettings(root);
    for (const command of list) group.addCommand(toCommand(gateway, command).copyInheritedSettings(group));
    return group;
  });
}

interface Options {
  readonly json?: true;
  readonly [flag: string]: unknown;
}

function toCommand(gateway: GatewayDescriptor, given: GatewayCommand<unknown>): Command {
  const { name, summary, argument, flag, help } = given;
  const command = new Command(name).description(summary).addHelpText('after', help);
  if (argument !== undefined) command.argument(`<${argument.name}>`, argument.summary);
  if (flag !== undefined) command.option(`--${flag.name}`, flag.summary);
  return command.option('--json', 'print the answer as JSON').action(async () => {
    const options = command.opts<Options>();
    const isFlagged = flag !== undefined && options[flag.name] === true;
    const asked = { argument: command.args[0] ?? '', isFlagged, asJson: options.json === true };
    await run(gateway, given, asked);
  });
}

async function run(
  gateway: GatewayDescriptor,
  command: GatewayCommand<unknown>,
  { asJson, ...asked }: AskedCommand & { readonly asJson: boolean },
): Promise<void> {
  const settings = readCommandSettings(withRunningDev(process.env), gateway);
  const answer = await command.run(settings, asked).catch(fail);
  if (asJson) printJson(answer.json);
  if (answer.isBadNews === true) complain(answer.lines.join('\n'));
  else if (!asJson) for (const line of answer.lines) print(line);
}

/** Refused credentials are a configuration error; every other failure of the gateway is a negative result. */
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
