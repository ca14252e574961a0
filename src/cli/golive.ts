import { Command } from 'commander';
import { gatewaysAnswer } from '../api/gateways/gateway-view.ts';
import { health } from '../api/health/health-view.ts';
import { readClientConfig, readGateways } from '../config/config.ts';
import { ConfigError } from '../config/environment.ts';
import type { ConfiguredGateway } from '../gateways/gateway-descriptor.ts';
import { createGateways } from '../gateways/registry.ts';
import { NoSandbox, runningSandbox } from '../gateways/running-sandbox.ts';
import { whichSecret } from '../gateways/shared/which-secret.ts';
import { VERSION } from '../lib/version.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { BadNews } from './exit.ts';
import { broken, proved, unknown, type Finding } from './golive/check.ts';
import { proveGateway, proveHarmless, rest } from './golive/prove-gateway.ts';
import type { Stage } from './golive/stage.ts';
import { LEAKS_ABOVE, timingOf } from './golive/timing.ts';
import { print, printJson } from './print.ts';
import { countOf, type ProofCheck } from './proof-check.ts';
import { withRunningDev } from './running-dev.ts';
import { serviceApi, type ServiceApi } from './service-api.ts';

const HELP = `
Proves a running deployment from outside, gateway by gateway: payments of its own (golive-…, of which no shop is told), callbacks as the gateway signs
them, and wrong ones. Run it with the environment of the service: it signs with the gateways' secrets and reads at the gateways. With our sandbox a payer
pays by itself; with a test account you pay by hand when it asks. With a live account only the checks run that open no session.

A check that can't be made here says why, and counts as neither passed nor failed.

Example:
  paidonce golive --url https://pay.example

Exits with 1 if a check fails, with 2 if the configuration is wrong.`;

interface Options {
  readonly url?: string;
  readonly json?: true;
}

/** `paidonce golive`: whether a deployment keeps its promises. */
export function goliveCommand(): Command {
  return new Command('golive')
    .description('prove a running deployment with payments of its own, before it goes live')
    .option('--url <url>', 'where the service is called from here; default: PUBLIC_URL')
    .option('--json', 'print the checks as JSON')
    .addHelpText('after', HELP)
    .action(golive);
}

async function golive({ url, json }: Options): Promise<void> {
  const env = withEnvironment(url);
  const say = (check: ProofCheck) => (json === true ? undefined : printCheck(check));
  const config = readClientConfig(env);
  const service = serviceApi({ ...config, ...(url !== undefined && { PUBLIC_URL: url }) }, ['shop']);
  const support = serviceApi({ ...config, ...(url !== undefined && { PUBLIC_URL: url }) }, ['support']);
  const { data: configured } = await service.get('/v1/gateways', gatewaysAnswer);
  // This shell may have only the service's address and key.
  const here = readGateways(env, { mayBeNone: true });
  const checks: ProofCheck[] = [];
  const add = (check: ProofCheck) => {
    checks.push(check);
    say(check);
  };
  add(await timing(service));
  for (const { id, account, livemode } of configured) {
    const own = here.find(({ descriptor }) => descriptor.id === id);
    if (own === undefined) {
      const why = `this shell has not the variables of ${id}: run golive with the environment of the service`;
      for (const check of rest({ gateway: { id } }, [], why)) add(check);
      continue;
    }
    const stage = await stageOf({ service, support }, own, json !== true);
    if (stage.gateway.account !== account)
      throw new ConfigError(
        `the service has ${id} account ${account}, and this shell ${stage.gateway.account}: use the environment of the service`,
      );
    if (livemode) for (const check of await proveHarmless(stage)) add(check);
    else checks.push(...(await proveGateway(stage, say)));
  }
  const failed = checks.filter(({ ok }) => ok === false);
  if (json === true) printJson({ ok: failed.length === 0, checks });
  else print(summaryOf(checks));
  if (failed.length > 0) throw new BadNews(`${failed.length} checks failed`);
}

function withEnvironment(url: string | undefined): NodeJS.ProcessEnv {
  const env = withRunningDev(process.env);
  return url === undefined || env['PUBLIC_URL'] !== undefined ? env : { ...env, PUBLIC_URL: url };
}

async function stageOf(
  services: Pick<Stage, 'service' | 'support'>,
  configured: ConfiguredGateway,
  isSpoken: boolean,
): Promise<Stage> {
  const { descriptor } = configured;
  const gateway = createGateways({ gateways: [configured] }, createMetrics()).named(descriptor.id);
  const sandbox = await runningSandbox(configured).catch((error: unknown) => {
    if (error instanceof NoSandbox) return null;
    throw error;
  });
  const isTerminal = isSpoken && process.stdin.isTTY;
  return {
    ...services,
    gateway,
    configured,
    proof: descriptor.proof,
    sandbox,
    ...(isTerminal && {
      askPayer: (checkoutUrl: string) =>
        print(`pay here as a payer would, within 10 minutes: ${checkoutUrl}`),
    }),
  };
}

/** Measured in this process, so it holds for the service only where that is the same build. */
async function timing(service: ServiceApi): Promise<ProofCheck> {
  const { version } = await service.get('/v1/health', health);
  return {
    id: 'timing',
    title: 'Published check 4: the time of a comparison tells nothing about a signature',
    ...(version === VERSION ? measured() : unknown(`the service is ${version}, and this is ${VERSION}`)),
  };
}

function measured(): Finding {
  const t = timingOf((given, expected) => whichSecret(['secret'], [given], () => expected) !== null);
  const words = `|t| = ${t.toFixed(2)} by Welch's test on 10,000 probes of the comparison in this process; ${LEAKS_ABOVE} or more would be a leak`;
  if (t < LEAKS_ABOVE) return proved(words);
  return broken(words, 'run it again on a quiet machine; if it stays, do not go live with this build');
}

const MARKS = new Map<boolean | null, string>([
  [true, 'ok  '],
  [false, 'FAIL'],
  [null, '--  '],
]);

function printCheck({ id, title, ok, evidence, advice }: ProofCheck): void {
  print(`${MARKS.get(ok)}  ${id}: ${title}`);
  print(`      ${evidence}`);
  if (ok !== true && advice !== undefined) print(`      ${advice}`);
}

function summaryOf(checks: readonly ProofCheck[]): string {
  const [passed, failed, unmade] = [true, false, null].map((ok) => countOf(checks, ok));
  return `${passed} checks passed, ${failed} failed, ${unmade} can't be made here`;
}
