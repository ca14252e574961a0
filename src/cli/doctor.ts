import { Command } from 'commander';
import { health } from '../api/health/health-view.ts';
import { readClientConfig, readConfig, type ClientConfig, type Config } from '../config/config.ts';
import { ConfigError } from '../config/environment.ts';
import type { Check } from '../health/check.ts';
import { checkAddress } from './doctor/address-checks.ts';
import { examineAlone } from './doctor/examine-alone.ts';
import { BadNews } from './exit.ts';
import { asTyped, print, printJson } from './print.ts';
import { withRunningDev } from './running-dev.ts';
import { serviceApi, serviceUrl, ServiceUnreachable } from './service-api.ts';

const HELP = `
Asks the running service for its checks: the store, Temporal, the workers, the gateway's credentials, clock and account webhooks, the endpoint
for order updates, and its figures. This is GET /v1/health at PUBLIC_URL with a key of API_KEYS; no other variable is needed here. The public address,
including callbacks, is checked from here. If no service answers, the same checks run with the environment of this shell. Changes nothing.

Example:
  paidonce doctor

Exits with 1 if a check fails, with 2 if the configuration is wrong; warnings do not count.`;

/** `paidonce doctor`: checks everything that a payment needs. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check everything that a payment needs')
    .option('--json', 'print the checks as JSON')
    .addHelpText('after', HELP)
    .action(doctor);
}

async function doctor({ json }: { json?: true }): Promise<void> {
  const env = withRunningDev(process.env);
  const asked = await askService(readClientConfig(env));
  const checks = asked instanceof Error ? await examineAlone(configAlone(env, asked)) : asked;
  if (json) printJson({ checks });
  else for (const line of checks.flatMap(linesOf)) print(line);
  if (checks.some(({ state }) => state === 'fail')) throw new BadNews('a check failed');
}

/** @throws ConfigError that also says why the environment of this shell is used */
function configAlone(env: NodeJS.ProcessEnv, { message }: ServiceUnreachable): Config {
  try {
    return readConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(
      `${message}\nwithout the service the checks need the complete environment here: ${error.message}`,
    );
  }
}

/**
 * The service's checks, and those that only this machine can run. Returns the error if no service answers.
 * @throws ServiceRefused
 */
async function askService(config: ClientConfig): Promise<Check[] | ServiceUnreachable> {
  const found = await serviceApi(config)
    .get('/v1/health', health)
    .catch((error: unknown) => {
      if (error instanceof ServiceUnreachable) return error;
      throw error;
    });
  if (found instanceof ServiceUnreachable) return found;
  const accounts = found.gateways.map(
    ({ gateway, account, mode }) => `${gateway} account ${account} (${mode})`,
  );
  const text = `of the service at ${serviceUrl(config)}, version ${found.version}: ${accounts.join(', ')}`;
  const gateways = found.gateways.map(({ gateway, mode }) => ({
    id: gateway,
    mode: mode === 'live' ? ('live' as const) : ('test' as const),
  }));
  const fromHere = await checkAddress(config, gateways);
  return [{ name: 'configuration', state: 'ok', text }, ...(found.checks as Check[]), ...fromHere];
}

/** Each command has its own line, ready to paste. */
function linesOf({ name, state, text, todo, commands = [] }: Check): string[] {
  const line = `${state.padEnd(4)}  ${name}: ${text}`;
  const todos = todo === undefined ? [] : [`      ${todo}`];
  return [line, ...todos, ...commands.map((command) => `        ${asTyped(command)}`)];
}
