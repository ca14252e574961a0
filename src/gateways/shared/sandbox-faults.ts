/** The faults that all sandboxes have, in the words that every `/__sim/faults` takes. */
import type { SandboxFault } from '../sandbox-fault.ts';

const SLOW_MS = 2_000;

/** @param name the gateway's name for people */
export function commonFaults(name: string): readonly SandboxFault[] {
  return [...faultsOfAnswers(name), callbacksLost(name), ...faultsOfMoney(name)];
}

function faultsOfAnswers(name: string): SandboxFault[] {
  return [
    {
      name: 'slow',
      summary: `Each answer of ${name} takes ${SLOW_MS / 1_000} s.`,
      watch: 'An order takes longer to open and to become paid. Nothing is lost.',
      page: '/payments',
      on: { all: { delayMs: SLOW_MS } },
      off: { all: null },
    },
    {
      name: 'errors',
      summary: `${name} answers every call with 500.`,
      watch:
        'No session can be opened, and a payer who pays now is not seen. Turn it off: paidonce goes on by itself, and each order is paid once.',
      page: '/gateways',
      on: { all: { status: 500 } },
      off: { all: null },
    },
    {
      name: 'silent',
      summary: `${name} drops every connection without an answer.`,
      watch: 'As with 500. After some calls paidonce stops to ask for a while, and says so.',
      page: '/gateways',
      on: { all: { drop: 'before' } },
      off: { all: null },
    },
  ];
}

function callbacksLost(name: string): SandboxFault {
  return {
    name: 'callbacks_lost',
    summary: `${name} sends no callbacks.`,
    watch:
      "The payer's browser that comes back, or the sweep, finds the payment: the chart of how it was found changes its colour.",
    page: '/numbers',
    on: { callbacks: 'off' },
    off: { callbacks: 'on' },
  };
}

function faultsOfMoney(name: string): SandboxFault[] {
  return [
    {
      name: 'captures_lost',
      summary: `${name} captures, and its answer is lost.`,
      watch: 'Capture an order: paidonce reads before it would send again, and finds the capture done once.',
      page: '/operations?kind=capture',
      on: { capture: { drop: 'after' } },
      off: { capture: null },
    },
    {
      name: 'refunds_pending',
      summary: `${name} accepts refunds, and never ends them.`,
      watch: 'Refund an order: the refund stays under way, and after five minutes it needs somebody.',
      page: '/operations?status=pending',
      on: { refund: { pending: true, result: 'never' } },
      off: { refund: null },
    },
  ];
}

/** Every callback has a wrong signature. `knob`: the sandbox's switch of how callbacks are sent. */
export function callbacksForged(name: string, knob: string): SandboxFault {
  return {
    name: 'callbacks_forged',
    summary: `Every callback of ${name} has a wrong signature.`,
    watch:
      'Each is refused and believed in nothing; it only makes paidonce look, and what the gateway says then counts.',
    page: '/deliveries?outcome=refused',
    on: { [knob]: { sign: 'wrong' } },
    off: { [knob]: null },
  };
}

/** Every callback comes three times, all at once. */
export function callbacksRepeated(name: string, knob: string): SandboxFault {
  return {
    name: 'callbacks_repeated',
    summary: `Every callback of ${name} comes three times at once.`,
    watch: 'The order is paid once, and the shop hears of it once.',
    page: '/deliveries',
    on: { [knob]: { copies: 3, together: true } },
    off: { [knob]: null },
  };
}
