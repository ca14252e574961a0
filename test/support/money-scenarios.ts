/** One short story for each path of `moneyOperations` that must stay replayable for ever. */
import type { PaymentRow } from '../../src/store/payments.ts';
import { moneyWorkflowId, paymentWorkflowId } from '../../src/workflows/messages.ts';
import {
  anOpenPayment,
  aPaidPayment,
  decidedEarly,
  giveBackAsOperator,
  goneMeanwhile,
  lateMoney,
  look,
  operate,
  paidBesideAnother,
  payAt,
  untilFinished,
  untilPayment,
  type MoneyWorld,
} from './money-world.ts';

const HOUR_MS = 3_600_000;

export interface MoneyScenario {
  readonly time: 'real' | 'skipping';
  /** The ids of the workflows whose histories it leaves behind. */
  play(world: MoneyWorld): Promise<string[]>;
}

const real = (play: MoneyScenario['play']): MoneyScenario => ({ time: 'real', play });
const moneyOf = ({ id }: PaymentRow): string[] => [moneyWorkflowId(id)];

export const MONEY_SCENARIOS: Readonly<Record<string, MoneyScenario>> = {
  'money-captured': real(async (world) => {
    const payment = await aPaidPayment(world);
    await operate(world, payment, 'capture', 'c1');
    return moneyOf(payment);
  }),
  'money-refunded-twice': real(async (world) => {
    const payment = await aPaidPayment(world, { outcome: 'capture' });
    await Promise.all([
      operate(world, payment, 'refund', 'r1', 6_000),
      operate(world, payment, 'refund', 'r2', 6_000),
    ]);
    return moneyOf(payment);
  }),
  'capture-taken-back': real(async (world) => {
    const payment = await aPaidPayment(world);
    await operate(world, payment, 'capture', 'c1');
    await world.client.workflow.getHandle(paymentWorkflowId(payment)).result();
    await world.sandbox.call('POST', `/__sim/transactions/${payment.transactionId}/reverse`, {
      event: 'CAPTURE',
    });
    await look(world, payment);
    await untilPayment(world, payment, 'AUTHORIZED');
    return [paymentWorkflowId(payment)];
  }),
  'money-voided': real(async (world) => {
    const payment = await aPaidPayment(world);
    await operate(world, payment, 'void', 'void');
    return moneyOf(payment);
  }),
  'money-answer-lost': real(async (world) => {
    const payment = await aPaidPayment(world, {
      outcome: 'authorize',
      faults: { capture: { drop: 'after', times: 1 } },
    });
    await operate(world, payment, 'capture', 'c1', 4_000);
    await untilFinished(world, payment, 'capture', 'c1');
    return moneyOf(payment);
  }),
  'money-accepted-for-later': real(async (world) => {
    const faults = { capture: { pending: true, afterMs: 300, times: 1 } };
    const payment = await aPaidPayment(world, { outcome: 'authorize', faults });
    await operate(world, payment, 'capture', 'c1');
    await untilFinished(world, payment, 'capture', 'c1');
    return moneyOf(payment);
  }),
  'money-busy': real(busy),
  // Read for as long as reads may lag, then sent again. Before, it was sent again after one read.
  'money-busy-followed': real(busy),
  'money-declined': real(async (world) => {
    const faults = { capture: { result: 'failure', error: { code: 'E', message: 'no cover' }, times: 1 } };
    const payment = await aPaidPayment(world, { outcome: 'authorize', faults });
    await operate(world, payment, 'capture', 'c1');
    return moneyOf(payment);
  }),
  'money-captured-by-itself': real(async (world) => {
    const payment = await anOpenPayment(world, 'auto');
    await payAt(world, payment, { outcome: 'authorize' });
    await look(world, payment);
    await untilPayment(world, payment, 'CAPTURED');
    return [...moneyOf(payment), paymentWorkflowId(payment)];
  }),
  'money-given-back': real(async (world) => {
    const payment = await lateMoney(world, 'authorize');
    await untilPayment(world, payment, 'VOIDED');
    return [...moneyOf(payment), paymentWorkflowId(payment)];
  }),
  'money-not-given-back': real(async (world) => {
    const faults = { void: { result: 'failure', error: { code: 'E', message: 'no void' }, times: 1 } };
    const payment = await lateMoney(world, 'authorize', faults);
    await untilPayment(world, payment, 'REVIEW');
    return moneyOf(payment);
  }),
  'money-decided-early': real(async (world) => moneyOf(await decidedEarly(world))),
  'money-gone-meanwhile': real(async (world) => {
    const payment = await goneMeanwhile(world);
    await untilPayment(world, payment, 'VOIDED');
    return moneyOf(payment);
  }),
  'money-given-back-by-operator': real(async (world) => {
    world.policy = 'review';
    const payment = await lateMoney(world, 'capture');
    await untilPayment(world, payment, 'REVIEW');
    world.policy = 'give_back';
    await giveBackAsOperator(world, payment);
    return moneyOf(payment);
  }),
  'other-session-closed': real(async (world) => {
    const [first, second] = await paidBesideAnother(world);
    return [paymentWorkflowId(first), paymentWorkflowId(second)];
  }),
  'money-never-confirmed': {
    time: 'skipping',
    async play(world) {
      const faults = { capture: { drop: 'before', times: 1 } };
      const payment = await aPaidPayment(world, { outcome: 'authorize', faults });
      await operate(world, payment, 'capture', 'c1', 4_000);
      await world.sleep(2 * HOUR_MS);
      await untilFinished(world, payment, 'capture', 'c1');
      return moneyOf(payment);
    },
  },
};

async function busy(world: MoneyWorld): Promise<string[]> {
  const payment = await aPaidPayment(world, {
    outcome: 'authorize',
    faults: { capture: { status: 503, times: 1 } },
  });
  await operate(world, payment, 'capture', 'c1');
  await untilFinished(world, payment, 'capture', 'c1');
  return moneyOf(payment);
}
