import { Command } from 'commander';
import { readConfig, type Config } from '../config.ts';
import { createGateways } from '../gateways/registry.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { checkAddress } from './doctor/address-checks.ts';
import type { Check } from './doctor/check.ts';
import { checkFigures } from './doctor/figure-checks.ts';
import { checkGateway } from './doctor/gateway-checks.ts';
import { checkMerchant } from './doctor/merchant-checks.ts';
import { checkStore } from './doctor/store-checks.ts';
import { checkTemporal } from './doctor/temporal-checks.ts';
import { BadNews } from './exit.ts';
import { print, printJson } from './print.ts';
import { withRunningDev } from './running-dev.ts';

const HELP = `
Checks the configuration, the store, Temporal, the worker, the gateway's credentials, clock and account webhooks, the public address, the endpoint for
order updates and what the running service counts. Changes nothing.

Example:
  paidonce doctor

Ends with 1 when a check fails, with 2 when the configuration is wrong; a warning does not count.`;

/** `paidonce doctor`: is everything there that a payment needs? */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check everything that a payment needs')
    .option('--json', 'print the checks as JSON')
    .addHelpText('after', HELP)
    .action(doctor);
}

async function doctor({ json }: { json?: true }): Promise<void> {
  const checks = await examine(readConfig(withRunningDev(process.env)));
  if (json) printJson({ checks });
  else for (const line of checks.flatMap(linesOf)) print(line);
  if (checks.some(({ state }) => state === 'fail')) throw new BadNews('a check failed');
}

/** Every check, in the order in which somebody would mend what they find. */
async function examine(config: Config): Promise<Check[]> {
  const metrics = createMetrics();
  const gateways = createGateways(config, metrics).all;
  const groups = await Promise.all([
    checkStore(config, gateways),
    checkTemporal(config, gateways),
    ...gateways.map((gateway) => checkGateway(gateway, metrics)),
    checkAddress(config, gateways),
    checkMerchant(config),
    checkFigures(config, gateways),
  ]);
  const account = gateways.map(({ id, account, mode }) => `${id} account ${account} (${mode})`).join(', ');
  return [{ name: 'configuration', state: 'ok', text: account }, ...groups.flat()];
}

function linesOf({ name, state, text, todo }: Check): string[] {
  const line = `${state.padEnd(4)}  ${name}: ${text}`;
  return todo === undefined ? [line] : [line, `      ${todo}`];
}
