import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import { createPaymentRequest } from '../api/payments/payment-requests.ts';
import { readUpdatesConfig } from '../config/config.ts';
import { webhookSecret } from '../config/core-variables.ts';
import { ConfigError } from '../config/environment.ts';
import { writtenUrl } from '../lib/variable-forms.ts';
import { examineShop } from './conformance/examine-shop.ts';
import { Probe, ProbeFailed } from './conformance/probe.ts';
import { BadNews } from './exit.ts';
import { print, printJson } from './print.ts';
import { countOf, type ProofCheck } from './proof-check.ts';
import { withRunningDev } from './running-dev.ts';

const HELP = `
Sends order updates about one test order to the endpoint of a shop: first forged and stale ones, which it must refuse, then a right order.paid,
which it must take, then doubled, late and reordered ones, which must change nothing, and ones of a later version of paidonce, which it must take.
--probe names an address of the shop that shows its own state of the order, as text or JSON. Without it only the answers are known. Needs no
running paidonce. Use a test system of the shop: it takes the order for paid.

A secret on the command line is seen by everybody on the machine. --secret-file and the variable ORDER_WEBHOOK_SECRETS (or ORDER_WEBHOOK_SECRETS_FILE)
hide it. A running npm start in DATA_DIR gives its own secret.

Example:
  paidonce conformance --url http://127.0.0.1:4000/updates --secret-file secret.txt --probe http://127.0.0.1:4000/orders/{reference}

Exits with 1 if a check fails, with 2 if it can't begin.`;

interface Options {
  readonly url: string;
  readonly secret?: string;
  readonly secretFile?: string;
  readonly probe?: string;
  readonly order: string;
  readonly amount: number;
  readonly currency: string;
  readonly json?: true;
}

const { reference, amount, currency } = createPaymentRequest.shape.order.shape;

/** `paidonce conformance`: whether a shop's endpoint verifies updates, and is idempotent. */
export function conformanceCommand(): Command {
  return new Command('conformance')
    .description('check that the endpoint of a shop verifies order updates and is idempotent')
    .addOption(
      new Option('--url <url>', 'the endpoint, as in ORDER_WEBHOOK_URL')
        .argParser(fitting(writtenUrl))
        .makeOptionMandatory(),
    )
    .addOption(new Option('--secret <whsec>', 'the secret that signs the updates').conflicts('secretFile'))
    .option('--secret-file <file>', 'a file that contains it')
    .addOption(
      new Option('--probe <url>', "the shop's own state of the order; {reference} stands for it").argParser(
        fitting(writtenUrl),
      ),
    )
    .addOption(
      new Option('--order <reference>', 'a test order of the shop, if it refuses unknown ones')
        .argParser(fitting(reference))
        .default(`conformance-${randomBytes(4).toString('hex')}`, 'conformance-<random>'),
    )
    .addOption(
      new Option('--amount <minor>', 'its amount in minor units')
        .argParser((given) => fitting(amount)(Number(given)))
        .default(72_200),
    )
    .addOption(new Option('--currency <code>', 'its currency').argParser(fitting(currency)).default('NOK'))
    .option('--json', 'print the checks as JSON')
    .addHelpText('after', HELP)
    .action(conformance);
}

/** A parser of an option's value by the schema that the configuration or the API has for it. */
function fitting<Value>(schema: z.ZodType<Value>): (given: unknown) => Value {
  return (given) => {
    const parsed = schema.safeParse(given);
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(`Expected ${parsed.error.issues[0]?.message}.`);
  };
}

async function conformance(options: Options): Promise<void> {
  const { url, probe, order, amount: minor, currency: code, json } = options;
  const config = readUpdatesConfig(withRunningDev(process.env));
  const secrets = givenSecrets(options) ?? config.ORDER_WEBHOOK_SECRETS;
  if (secrets === undefined)
    throw new ConfigError('no secret: give --secret-file, --secret or ORDER_WEBHOOK_SECRETS');
  const checks = await examineShop({
    endpoint: { url, secrets, timeoutMs: config.ORDER_WEBHOOK_TIMEOUT },
    order: { reference: order, amount: minor, currency: code },
    probe: probe === undefined ? null : new Probe(probe, order),
  }).catch(fail);
  const ok = checks.every((check) => check.ok !== false);
  if (json === true) printJson({ ok, checks });
  else for (const line of [...checks.flatMap(linesOf), summary(order, checks)]) print(line);
  if (!ok) throw new BadNews('a check failed');
}

function givenSecrets({ secret, secretFile }: Options): string[] | undefined {
  const given = secretFile === undefined ? secret : readSecret(secretFile);
  if (given === undefined) return undefined;
  if (webhookSecret.safeParse(given).success) return [given];
  const name = secretFile === undefined ? '--secret' : '--secret-file';
  throw new ConfigError(`${name}: expected a Standard Webhooks secret, whsec_ and base64`);
}

function readSecret(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`--secret-file: a readable file was expected (${code})`);
  }
}

function fail(error: unknown): never {
  if (!(error instanceof ProbeFailed)) throw error;
  throw new ConfigError(`${error.message}: start the shop, and name an address that shows an order`, {
    cause: error,
  });
}

function linesOf({ id, title, ok, evidence, advice }: ProofCheck): string[] {
  const state = ok === null ? '?' : ok ? 'ok' : 'FAIL';
  const line = `${state.padEnd(4)}  ${id}: ${title}: ${evidence}`;
  return advice === undefined ? [line] : [line, `      ${advice}`];
}

function summary(order: string, checks: readonly ProofCheck[]): string {
  const [passed, failed, unmade] = [true, false, null].map((ok) => countOf(checks, ok));
  return `order ${order}: ${passed} checks passed, ${failed} failed, ${unmade} could not be made`;
}
