/** The running sandbox of a gateway, by its `/__sim`. */
import { z } from 'zod';
import { ConfigError } from '../../config/environment.ts';
import type { ConfiguredGateway } from '../../gateways/gateway-descriptor.ts';
import type { PlayedPayment, SandboxCall, SandboxEvent } from '../../gateways/sandbox-event.ts';
import { fetchFailure } from '../../lib/root-of.ts';
import { plainLine } from '../../lib/terminal-text.ts';

/** The sandbox refused a call, such as a void of captured money. */
export class SandboxRefused extends Error {
  override readonly name = 'SandboxRefused';
}

/** A call that was made, and its answer. */
export interface PlayedCall {
  readonly call: string;
  readonly body: object;
  readonly answer: unknown;
}

export interface RunningSandbox {
  readonly url: string;
  readonly events: readonly SandboxEvent[];
  /** Makes the calls of an event. @throws SandboxRefused */
  play(event: SandboxEvent, payment: PlayedPayment): Promise<PlayedCall[]>;
}

const LIMIT_MS = 20_000;

const state = z.object({ account: z.string() });
const returning = z.object({ returnUrl: z.string().nullable() });

/**
 * The sandbox that the environment's gateway is. @throws ConfigError where the environment names the gateway
 * itself, or another service
 */
export async function runningSandbox({ descriptor, values }: ConfiguredGateway): Promise<RunningSandbox> {
  const { name, sandbox, variables, page } = descriptor;
  if (sandbox === undefined) throw new ConfigError(`${name} has no sandbox: ${page} says how to try it`);
  const { apiVariable, events, instead } = sandbox;
  const url = String(values[apiVariable]).replace(/\/+$/, '');
  const isItself = url === variables.hosts[apiVariable];
  if (isItself || !(await isSandbox(url)))
    throw new ConfigError(
      `${apiVariable} is ${url}, which is ${isItself ? `${name} itself` : `not the sandbox of ${name}, or does not answer`}. At ${name} itself: ${instead}`,
    );
  return {
    url,
    events,
    async play(event, payment) {
      const played: PlayedCall[] = [];
      for (const call of event.calls(payment)) played.push(await make(url, call));
      return played;
    },
  };
}

/** An event that the commands themselves need. @throws SandboxRefused */
export function eventNamed({ events, url }: RunningSandbox, name: string): SandboxEvent {
  const found = events.find((event) => event.name === name);
  if (found === undefined) throw new SandboxRefused(`the sandbox at ${url} has no event "${name}"`);
  return found;
}

/** Nothing else answers this address like that: the gateway itself, or a proxy, has no `/__sim`. */
async function isSandbox(url: string): Promise<boolean> {
  const response = await fetch(`${url}/__sim/state`, { signal: AbortSignal.timeout(LIMIT_MS) }).catch(
    () => null,
  );
  const body: unknown = await response?.json().catch(() => null);
  return response?.ok === true && state.safeParse(body).success;
}

async function make(url: string, { path, body, isReturned }: SandboxCall): Promise<PlayedCall> {
  const call = `POST /__sim/${path}`;
  const response = await fetch(`${url}/__sim/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(LIMIT_MS),
  }).catch((error: unknown) => {
    throw new SandboxRefused(`${call}: no answer from ${url} (${fetchFailure(error)})`);
  });
  const text = await response.text();
  if (!response.ok) throw new SandboxRefused(plainLine(`${call}: ${response.status} ${text.slice(0, 300)}`));
  const answer: unknown = JSON.parse(text);
  if (isReturned) await followReturn(answer);
  return { call, body, answer };
}

/** The payer's browser goes back to the service. The shop behind it is not visited. */
async function followReturn(answer: unknown): Promise<void> {
  const url = returning.safeParse(answer).data?.returnUrl ?? null;
  if (url === null) return;
  await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(LIMIT_MS) }).catch(() => null);
}
