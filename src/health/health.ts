/** The service's checks of itself, for `GET /v1/health` and `paidonce doctor`. */
import { remembered } from '../lib/remembered.ts';
import type { Service } from '../service.ts';
import { listPayments } from '../store/list-payments.ts';
import type { Db } from '../store/open.ts';
import { VERSION } from '../lib/version.ts';
import type { Check } from './check.ts';
import { checkFigures } from './figure-checks.ts';
import { figuresOf } from './figures.ts';
import { checkGateway } from './gateway-checks.ts';
import { checkEndpoint, checkFailing } from './merchant-checks.ts';
import { checkOpenings } from './openings.ts';
import { checkOperations } from './operation-checks.ts';
import { readRefusals } from './signature-checks.ts';
import { checkRefusals, checkStore } from './store-checks.ts';
import { checkTemporal } from './temporal-checks.ts';

export interface Health {
  /** The worst state of its checks. */
  readonly status: Check['state'];
  readonly checkedAt: Date;
  readonly version: string;
  readonly gateways: readonly { readonly gateway: string; readonly account: string; readonly mode: string }[];
  readonly checks: readonly Check[];
}

/** The checks also call the gateways, so they do not run more often. */
const REMEMBERED_MS = 10_000;

/** One per process: callers during a run of the checks wait for the same result. */
export function createHealth(service: Service): () => Promise<Health> {
  return remembered(REMEMBERED_MS, () => examine(service));
}

/** Runs every check, in the order in which an operator would act on the results. */
async function examine(service: Service): Promise<Health> {
  const { config, gateways, metrics, store, storeFigures, openings } = service;
  const where = store.kind === 'embedded' ? `the store embedded in ${config.DATA_DIR}` : 'PostgreSQL';
  const figures = async (): Promise<Check[]> => {
    await storeFigures.refresh();
    const [reviewed, refused] = await Promise.all([
      reviewedOrders(store.db).catch(() => []),
      readRefusals(store.db, gateways.all).catch(() => undefined),
    ]);
    const found = { reviewed, ...(refused && { refused }) };
    return checkFigures(await figuresOf(metrics.registry), config, gateways.all, found);
  };
  const groups = await Promise.all([
    checkStore(store.db, where, gateways.all),
    checkTemporal(service, config, gateways.all),
    ...gateways.all.map((gateway) => checkGateway(gateway, metrics)),
    checkOperations(store.db).then((check) => [check]),
    Promise.all([checkEndpoint(config), checkFailing(store.db)]),
    figures(),
  ]);
  const checks = [...groups.flat(), checkRefusals(store), checkOpenings(openings)];
  const states = checks.map(({ state }) => state);
  return {
    status: states.includes('fail') ? 'fail' : states.includes('warn') ? 'warn' : 'ok',
    checkedAt: new Date(),
    version: VERSION,
    gateways: gateways.all.map(({ id, account, mode }) => ({ gateway: id, account, mode })),
    checks,
  };
}

async function reviewedOrders(db: Db): Promise<string[]> {
  const { rows } = await listPayments(db, { review: 'true', limit: 20 });
  return rows.map(({ orderReference }) => orderReference);
}
