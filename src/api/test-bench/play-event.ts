/** An event of a sandbox, played to a payment: for `paidonce trigger` and the test bench. */
import {
  eventNamed,
  SandboxRefused,
  type PlayedCall,
  type RunningSandbox,
} from '../../gateways/running-sandbox.ts';
import type { SandboxEvent } from '../../gateways/sandbox-event.ts';
import { hasMoney, played, untilPayment, type ApiDoor, type Payment } from './trial-payment.ts';

export interface Stage {
  readonly sandbox: RunningSandbox;
  readonly service: ApiDoor;
  readonly gateway: string;
}

/** Pays the payment first, where the event needs a paid one. @throws SandboxRefused, and what the door throws */
export async function playEvent(stage: Stage, event: SandboxEvent, given: Payment): Promise<PlayedCall[]> {
  const { gateway, sandbox } = stage;
  if (given.gateway !== gateway)
    throw new SandboxRefused(`${given.id} is a payment at ${given.gateway}, not at ${gateway}`);
  if (event.happensTo === 'open' && given.checkoutUrl === null)
    throw new SandboxRefused(
      `${given.id} is ${given.status}: ${event.name} needs a payment that can be paid`,
    );
  const sent: PlayedCall[] = [];
  const payment = event.happensTo === 'paid' ? await paid(stage, given, sent) : given;
  sent.push(...(await sandbox.play(event, played(payment))));
  return sent;
}

/** Pays it where no payer has. @throws SandboxRefused */
async function paid({ sandbox, service }: Stage, given: Payment, sent: PlayedCall[]): Promise<Payment> {
  if (hasMoney(given)) return given;
  sent.push(...(await sandbox.play(eventNamed(sandbox, 'payment'), played(given))));
  const payment = await untilPayment(service, given.id, hasMoney);
  if (hasMoney(payment)) return payment;
  throw new SandboxRefused(`${payment.id} is still ${payment.status} although the payer has paid`);
}
