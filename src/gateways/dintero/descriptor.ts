/** The descriptor of Dintero. */
import type { GatewayDescriptor } from '../gateway-descriptor.ts';
import { createDinteroGateway } from './adapter.ts';
import { DINTERO_TRAITS } from './capabilities.ts';
import { DINTERO_COMMANDS } from './commands.ts';
import { DINTERO_PROOF } from './proof.ts';
import { DINTERO_SANDBOX } from './sandbox.ts';
import type { DinteroSettings } from './settings.ts';
import { DINTERO_VARIABLES, settingsOf, type DinteroValues } from './variables.ts';

const SESSION_ID = 'T12345678.QNsAGsrUAFzFFHr7xNYS8m';
const TRANSACTION_ID = 'T12345678.oEzFd2BaYdrwZbLzafhMoX';

export const DINTERO: GatewayDescriptor<DinteroValues, DinteroSettings> = {
  id: 'dintero',
  name: 'Dintero',
  page: 'docs/dintero.md',
  variables: DINTERO_VARIABLES,
  settings: settingsOf,
  create: createDinteroGateway,
  commands: {
    summary: 'set up the Dintero account: webhooks and the secret of callbacks',
    list: DINTERO_COMMANDS,
  },
  keptHeaders: ['event', 'event-delivery'],
  answerTo: ([result]) => ({ result }),
  traits: DINTERO_TRAITS,
  document: {
    callback: 'only the signed query of a Dintero callback is read, never the body',
    accountWebhook: 'by one of `DINTERO_WEBHOOK_SECRETS`',
    example: {
      account: 'T12345678',
      sessionId: SESSION_ID,
      transactionId: TRANSACTION_ID,
      paymentMethod: 'dintero_psp.creditcard',
      checkoutUrl: `https://checkout.dintero.com/v1/view/${SESSION_ID}?language=no`,
      callbackTarget: (paymentId) =>
        `/callbacks/dintero?payment=${paymentId}&order=1001&n=1&report_error=true&report_event=CAPTURE&report_event=REFUND&report_event=VOID` +
        `&transaction_id=${TRANSACTION_ID}&session_id=${SESSION_ID}&merchant_reference=1001&time=2026-11-21T13%3A47%3A15.614Z`,
    },
  },
  proof: DINTERO_PROOF,
  sandbox: DINTERO_SANDBOX,
};
