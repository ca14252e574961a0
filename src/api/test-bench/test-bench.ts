/** The test bench: orders and faults on purpose, where the gateways are sandboxes of ours. */
import type { ConfiguredGateway } from '../../gateways/gateway-descriptor.ts';
import { SandboxRefused, type PlayedCall } from '../../gateways/running-sandbox.ts';
import { payment as paymentView } from '../payments/payment-schemas.ts';
import { Refusal, wrongFields } from '../refusal.ts';
import { DemoShop } from './demo-shop.ts';
import { Faults } from './faults.ts';
import { playEvent } from './play-event.ts';
import { SampleOrders } from './sample-orders.ts';
import { Sandboxes, type Stand } from './sandboxes.ts';
import { newReference, readTrial, TRIAL_AMOUNT, type ApiDoor, type Payment } from './trial-payment.ts';

/** What to play: to a payment that there is, or to an order that is opened for it. */
export interface Wanted {
  readonly event?: string | undefined;
  readonly gateway?: string | undefined;
  readonly payment?: string | undefined;
  readonly order?:
    | { readonly reference: string; readonly amount: number; readonly currency: string }
    | undefined;
}

export interface Played {
  readonly payment: Payment;
  readonly sent: readonly PlayedCall[];
}

export interface TestBench {
  /** The gateways whose sandboxes run; one at least. @throws Refusal `no_sandbox` */
  stands(): Promise<readonly Stand[]>;
  /** @throws Refusal */
  play(wanted: Wanted): Promise<Played>;
  readonly samples: SampleOrders;
  readonly faults: Faults;
}

interface Settings {
  readonly gateways: readonly ConfiguredGateway[];
  readonly byDefault: string | undefined;
  /** Where updates are sent. */
  readonly endpoint: string | undefined;
}

/** One per server. */
export function createTestBench({ gateways, byDefault, endpoint }: Settings, door: ApiDoor): TestBench {
  const sandboxes = new Sandboxes(gateways);
  const faults = new Faults(sandboxes, new DemoShop(endpoint));
  return {
    stands: () => sandboxes.all(),
    async play(wanted) {
      const stands = await sandboxes.all();
      const given = wanted.payment === undefined ? null : await readTrial(door, wanted.payment);
      const stand = standOf(stands, given?.gateway ?? wanted.gateway, byDefault);
      const event = wanted.event === undefined ? null : eventOf(stand, wanted.event);
      const order = wanted.order ?? { reference: newReference('bench'), ...TRIAL_AMOUNT };
      const opened =
        given ?? (await door.post('/v1/payments', { gateway: stand.gateway, order }, paymentView));
      const sent =
        event === null ? [] : await playEvent({ ...stand, service: door }, event, opened).catch(refuse);
      return { payment: await readTrial(door, opened.id), sent };
    },
    samples: new SampleOrders(door, faults),
    faults,
  };
}

/** What a sandbox refuses is refused here too. */
export function refuse(error: unknown): never {
  throw error instanceof SandboxRefused ? new Refusal('sandbox_refused', error.message) : error;
}

function standOf(
  stands: readonly [Stand, ...Stand[]],
  wanted: string | undefined,
  byDefault: string | undefined,
): Stand {
  const [first] = stands;
  const found = stands.find(({ gateway }) => gateway === (wanted ?? byDefault));
  if (found !== undefined || wanted === undefined) return found ?? first;
  const ids = stands.map(({ gateway }) => gateway).join(', ');
  throw wrongFields('the body', [
    { pointer: '/gateway', detail: `expected a gateway whose sandbox runs: ${ids}` },
  ]);
}

function eventOf({ name, sandbox }: Stand, wanted: string) {
  const found = sandbox.events.find((event) => event.name === wanted);
  if (found !== undefined) return found;
  const names = sandbox.events.map((event) => event.name).join(', ');
  throw wrongFields('the body', [
    { pointer: '/event', detail: `expected an event of the sandbox of ${name}: ${names}` },
  ]);
}
