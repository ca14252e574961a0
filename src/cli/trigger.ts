import { Command, InvalidArgumentError } from 'commander';
import { readClientConfig, readGateways } from '../config/config.ts';
import { ConfigError } from '../config/environment.ts';
import type { GatewayDescriptor } from '../gateways/gateway-descriptor.ts';
import type { SandboxEvent } from '../gateways/sandbox-event.ts';
import { GATEWAYS } from '../gateways/registry.ts';
import { BadNews } from './exit.ts';
import { paymentNamed } from './payment-named.ts';
import { print, printJson } from './print.ts';
import { withRunningDev } from './running-dev.ts';
import { serviceApi, type ServiceApi } from './service-api.ts';
import {
  eventNamed,
  runningSandbox,
  SandboxRefused,
  type PlayedCall,
  type RunningSandbox,
} from './trigger/sandbox.ts';
import {
  hasMoney,
  newReference,
  openTrial,
  played,
  readTrial,
  untilPayment,
  type Payment,
} from './trigger/trial-payment.ts';

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
  const sandbox = await runningSandbox(configured);
  const service = serviceApi(readClientConfig(env), ['shop']);
  const result = await playEvent({ sandbox, service, gateway: gateway.id }, event, order).catch(refused);
  if (json === true) printJson(result);
  else for (const line of linesOf(result, event)) print(line);
}

function printEvents(events: readonly SandboxEvent[], asJson: boolean): void {
  const shown = events.map(({ name, summary, happensTo }) => ({ name, summary, happensTo }));
  if (asJson) return printJson({ events: shown });
  const width = Math.max(...shown.map(({ name }) => name.length));
  for (const { name, summary } of shown) print(`${name.padEnd(width)}  ${summary}`);
}

interface Stage {
  readonly sandbox: RunningSandbox;
  readonly service: ServiceApi;
  readonly gateway: string;
}

interface Triggered {
  readonly event: string;
  readonly order: string;
  readonly payment: string;
  readonly sent: readonly PlayedCall[];
}

async function playEvent(stage: Stage, event: SandboxEvent, order: string | undefined): Promise<Triggered> {
  const { sandbox, service, gateway } = stage;
  const given =
    order === undefined
      ? await openTrial(service, gateway, newReference(`trigger-${event.name}`))
      : await paymentOf(service, order, event, gateway);
  const sent: PlayedCall[] = [];
  const payment = event.happensTo === 'paid' ? await paid(stage, given, sent) : given;
  sent.push(...(await sandbox.play(event, played(payment))));
  return { event: event.name, order: payment.orderReference, payment: payment.id, sent };
}

/** @throws SandboxRefused where it is of another gateway, or the payer has nothing more to do */
async function paymentOf(
  service: ServiceApi,
  order: string,
  { happensTo, name }: SandboxEvent,
  gateway: string,
): Promise<Payment> {
  const payment = await readTrial(service, await paymentNamed(service, order, happensTo));
  if (payment.gateway !== gateway)
    throw new SandboxRefused(`${payment.id} is a payment at ${payment.gateway}, not at ${gateway}`);
  if (happensTo === 'open' && payment.checkoutUrl === null)
    throw new SandboxRefused(`${payment.id} is ${payment.status}: ${name} needs a payment that can be paid`);
  return payment;
}

/** Pays it where no payer has. @throws SandboxRefused */
async function paid({ sandbox, service }: Stage, given: Payment, sent: PlayedCall[]): Promise<Payment> {
  if (hasMoney(given)) return given;
  sent.push(...(await sandbox.play(eventNamed(sandbox, 'payment'), played(given))));
  const payment = await untilPayment(service, given.id, hasMoney);
  if (hasMoney(payment)) return payment;
  throw new SandboxRefused(`${payment.id} is still ${payment.status} although the payer has paid`);
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
