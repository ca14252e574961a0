/** The running sandbox of a gateway, by its `/__sim`. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { fetchFailure } from '../lib/root-of.ts';
import { plainLine } from '../lib/terminal-text.ts';
import type { ConfiguredGateway } from './gateway-descriptor.ts';
import type { PlayedPayment, SandboxCall, SandboxEvent } from './sandbox-event.ts';
import type { SandboxFault } from './sandbox-fault.ts';

/** No sandbox of ours is there. */
export class NoSandbox extends Error {
  override readonly name = 'NoSandbox';
  /** Something else has answered, so there will be none; otherwise it may only be starting. */
  readonly isFinal: boolean;

  constructor(message: string, isFinal: boolean) {
    super(message);
    this.isFinal = isFinal;
  }
}

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
  readonly faults: readonly SandboxFault[];
  /** The faults that are on now. @throws SandboxRefused */
  faultsOn(): Promise<readonly SandboxFault[]>;
  /** @throws SandboxRefused */
  turn(fault: SandboxFault, isOn: boolean): Promise<void>;
  /** Ends all faults, also those that events have left behind. @throws SandboxRefused */
  repair(): Promise<void>;
}

const LIMIT_MS = 20_000;

const state = z.object({ account: z.string() });
const returning = z.object({ returnUrl: z.string().nullable() });
const faultState = z.object({
  knobs: z.record(z.string(), z.unknown()),
  faults: z.record(z.string(), z.unknown()),
});

/** The sandbox that the environment's gateway is. @throws NoSandbox where it is the gateway itself, or another service */
export async function runningSandbox({
  descriptor,
  values,
  mode,
}: ConfiguredGateway): Promise<RunningSandbox> {
  const { name, sandbox, variables, page } = descriptor;
  if (sandbox === undefined) throw new NoSandbox(`${name} has no sandbox: ${page} says how to try it`, true);
  const { apiVariable, events, faults, instead } = sandbox;
  const url = String(values[apiVariable]).replace(/\/+$/, '');
  const refuse = (what: string, isFinal: boolean): never => {
    throw new NoSandbox(`${apiVariable} is ${url}, which is ${what}. At ${name} itself: ${instead}`, isFinal);
  };
  if (url === variables.hosts[apiVariable]) refuse(`${name} itself`, true);
  if (mode === 'live') refuse('used with a live account', true);
  const found = await whatAnswers(url);
  if (found !== 'sandbox')
    refuse(`not the sandbox of ${name}, or does not answer`, found === 'something else');
  const faultsOn = async () => {
    const { knobs, faults: failing } = faultState.parse(await ask(url, 'GET', 'faults'));
    const now = { ...knobs, ...failing };
    return faults.filter(({ on }) =>
      Object.entries(on).every(([key, value]) => isDeepStrictEqual(now[key], value)),
    );
  };
  return {
    url,
    events,
    async play(event, payment) {
      const played: PlayedCall[] = [];
      for (const call of event.calls(payment)) played.push(await make(url, call));
      return played;
    },
    faults,
    faultsOn,
    async turn(fault, isOn) {
      // Several faults are positions of one switch: the end of one must not end another.
      if (isOn || (await faultsOn()).includes(fault))
        await ask(url, 'POST', 'faults', isOn ? fault.on : fault.off);
    },
    async repair() {
      await ask(url, 'DELETE', 'faults');
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
async function whatAnswers(url: string): Promise<'sandbox' | 'something else' | 'nothing'> {
  const response = await fetch(`${url}/__sim/state`, { signal: AbortSignal.timeout(LIMIT_MS) }).catch(
    () => null,
  );
  if (response === null) return 'nothing';
  const body: unknown = await response.json().catch(() => null);
  return response.ok && state.safeParse(body).success ? 'sandbox' : 'something else';
}

async function make(url: string, { path, body, isReturned }: SandboxCall): Promise<PlayedCall> {
  const answer = await ask(url, 'POST', path, body);
  if (isReturned) await followReturn(answer);
  return { call: `POST /__sim/${path}`, body, answer };
}

/** @throws SandboxRefused */
async function ask(
  url: string,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: object,
): Promise<unknown> {
  const call = `${method} /__sim/${path}`;
  const response = await fetch(`${url}/__sim/${path}`, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
    signal: AbortSignal.timeout(LIMIT_MS),
  }).catch((error: unknown) => {
    throw new SandboxRefused(`${call}: no answer from ${url} (${fetchFailure(error)})`);
  });
  const text = await response.text();
  if (!response.ok) throw new SandboxRefused(plainLine(`${call}: ${response.status} ${text.slice(0, 300)}`));
  return JSON.parse(text) as unknown;
}

/** The payer's browser goes back to the service. The shop behind it is not visited. */
async function followReturn(answer: unknown): Promise<void> {
  const url = returning.safeParse(answer).data?.returnUrl ?? null;
  if (url === null) return;
  await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(LIMIT_MS) }).catch(() => null);
}
