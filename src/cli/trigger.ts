import { Command, InvalidArgumentError } from 'commander';
import { playEvent, type Stage } from '../api/test-bench/play-event.ts';
import { newReference, openTrial, readTrial } from '../api/test-bench/trial-payment.ts';
import { readClientConfig, readGateways } from '../config/config.ts';
import { ConfigError } from '../config/environment.ts';
import type { ConfiguredGateway, GatewayDescriptor } from '../gateways/gateway-descriptor.ts';
import { GATEWAYS } from '../gateways/registry.ts';
import {
  NoSandbox,
  runningSandbox,
  SandboxRefused,
  type PlayedCall,
  type RunningSandbox,
} from '../gateways/running-sandbox.ts';
import type { SandboxEvent } from '../gateways/sandbox-event.ts';
import { BadNews } from './exit.ts';
import { paymentNamed } from './payment-named.ts';
import { print, printJson } from './print.ts';
import { withRunningDev } from './running-dev.ts';
import { serviceApi, type ServiceApi } from './service-api.ts';

const [{ id: EXAMPLE }] = GATEWAYS;

const HELP = `
Opens a payment of a new order (trigger-…) by the service's API, and has the sandbox play the event: what a payer, a person in the gateway's
back office, a bank or a bad line does. --order takes the payment of an order instead. An event that needs a paid payment pays it first.
Works with our sandboxes only: where the service calls the gateway itself, the command says what to do there.

Example:
  paidonce trigger ${EXAMPLE} --list
  paidonce trigger ${EXAMPLE} duplicate
  paidonce trigger ${EXAMPLE} refund --order 1001 --json

Exits with 1 if the sandbox or the service refuses, with 2 if the gateway is not our sandbox.`;

interface Options {
  readonly list?: true;
  readonly order?: string;
  readonly json?: true;
}

/** `paidonce trigger`: has a sandbox play an event. */
export function triggerCommand(): Command {
  return new Command('trigger')
    .description('have the sandbox of a gateway play an event: a payment, a duplicate, a dispute …')
    .argument('<gateway>', `the gateway: ${GATEWAYS.map(({ id }) => id).join(', ')}`, gatewayNamed)
    .argument('[event]', 'the event; --list names them')
    .option('--list', 'list the events of the gateway')
    .option('--order <reference>', 'an order of the service; default: a new one')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(trigger);
}

function gatewayNamed(id: string): GatewayDescriptor {
  const found = GATEWAYS.find((gateway) => gateway.id === id);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`Expected one of ${GATEWAYS.map((gateway) => gateway.id).join(', ')}.`);
}

async function trigger(
  gateway: GatewayDescriptor,
  name: string | undefined,
  { list, order, json }: Options,
  command: Command,
): Promise<void> {
  const events = gateway.sandbox?.events ?? [];
  if (list) return printEvents(events, json === true);
  const event = events.find((each) => each.name === name);
  if (event === undefined)
    command.error(
      `error: ${name === undefined ? 'give an event' : `${gateway.name} has no event "${name}"`}; the events are ${events.map((each) => each.name).join(', ')}`,
    );
  const env = withRunningDev(process.env);
  const configured = readGateways(env).find(({ descriptor }) => descriptor.id === gateway.id);
  if (configured === undefined)
    throw new ConfigError(`${gateway.name} is not configured here: ${gateway.page} names its variables`);
  const sandbox = await sandboxOf(configured);
  const service = serviceApi(readClientConfig(env), ['shop']);
  const result = await playFor({ sandbox, service, gateway: gateway.id }, event, order).catch(refused);
  if (json === true) printJson(result);
  else for (const line of linesOf(result, event)) print(line);
}

/** @throws ConfigError where the environment names no sandbox */
async function sandboxOf(configured: ConfiguredGateway): Promise<RunningSandbox> {
  return runningSandbox(configured).catch((error: unknown) => {
    throw error instanceof NoSandbox ? new ConfigError(error.message) : error;
  });
}

function printEvents(events: readonly SandboxEvent[], asJson: boolean): void {
  const shown = events.map(({ name, summary, happensTo }) => ({ name, summary, happensTo }));
  if (asJson) return printJson({ events: shown });
  const width = Math.max(...shown.map(({ name }) => name.length));
  for (const { name, summary } of shown) print(`${name.padEnd(width)}  ${summary}`);
}

interface Triggered {
  readonly event: string;
  readonly order: string;
  readonly payment: string;
  readonly sent: readonly PlayedCall[];
}

async function playFor(
  stage: Stage & { readonly service: ServiceApi },
  event: SandboxEvent,
  order: string | undefined,
): Promise<Triggered> {
  const { service, gateway } = stage;
  const payment =
    order === undefined
      ? await openTrial(service, gateway, newReference(`trigger-${event.name}`))
      : await readTrial(service, await paymentNamed(service, order, event.happensTo));
  const sent = await playEvent(stage, event, payment);
  return { event: event.name, order: payment.orderReference, payment: payment.id, sent };
}

function refused(error: unknown): never {
  if (!(error instanceof SandboxRefused)) throw error;
  process.stderr.write(`paidonce: ${error.message}\n`);
  throw new BadNews(error.message, { cause: error });
}

function linesOf({ order, payment, sent }: Triggered, { summary }: SandboxEvent): string[] {
  return [
    `${summary} (order ${order}, ${payment})`,
    ...sent.map(({ call, body }) => `  ${call} ${JSON.stringify(body)}`),
    `see what came of it: paidonce why ${order}`,
  ];
}
