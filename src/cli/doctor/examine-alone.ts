/** The checks that run if no service answers: with the environment of this shell and separate connections. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import type { Gateway } from '../../gateways/gateway.ts';
import { createGateways } from '../../gateways/registry.ts';
import { fail, ok, warn, type Check } from '../../health/check.ts';
import { checkGateway } from '../../health/gateway-checks.ts';
import { checkEndpoint } from '../../health/merchant-checks.ts';
import { checkStore } from '../../health/store-checks.ts';
import { checkTemporal } from '../../health/temporal-checks.ts';
import { DirectoryInUse } from '../../store/directory-lock.ts';
import { openStore } from '../../store/open.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { withTemporal } from '../ask-temporal.ts';
import { checkAddress } from './address-checks.ts';

/** Runs every check, in the order in which an operator would act on the results. */
export async function examineAlone(config: Config): Promise<Check[]> {
  const metrics = createMetrics();
  const gateways = createGateways(config, metrics).all;
  const groups = await Promise.all([
    checkOwnStore(config, gateways),
    withTemporal(config, (client, connection) => checkTemporal({ client, connection }, config, gateways)),
    ...gateways.map((gateway) => checkGateway(gateway, metrics)),
    checkAddress(config, gateways),
    checkEndpoint(config).then((endpoint) => [endpoint]),
  ]);
  const account = gateways.map(({ id, account, mode }) => `${id} account ${account} (${mode})`).join(', ');
  const text = `that of this shell, since no service answered: ${account}`;
  return [{ name: 'configuration', state: 'ok', text }, ...groups.flat()];
}

/** Checks the store. An embedded store that a running service holds counts as ok. */
export async function checkOwnStore(config: Config, gateways: readonly Gateway[]): Promise<Check[]> {
  const { DATABASE_URL: databaseUrl, DATA_DIR: dataDir } = config;
  const where = databaseUrl === undefined ? `the store embedded in ${dataDir}` : 'PostgreSQL';
  const todo =
    databaseUrl === undefined
      ? 'check that DATA_DIR is right and writable'
      : 'check that DATABASE_URL is right and the server runs';
  if (databaseUrl === undefined && !existsSync(join(dataDir, 'store', 'PG_VERSION')))
    return [
      { name: 'store', ...warn(`${where}: does not exist yet`, 'the first start of the service makes it') },
    ];
  const store = await openStore({ databaseUrl, dataDir }).catch((error: unknown) => error as Error);
  if (store instanceof DirectoryInUse)
    return [{ name: 'store', ...ok(`${where}: held by the running service`) }];
  if (store instanceof Error) return [{ name: 'store', ...fail(`${where}: ${store.message}`, todo) }];
  try {
    return await checkStore(store.db, where, gateways);
  } finally {
    await store.close();
  }
}
