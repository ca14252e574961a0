/** How `npm start` runs the sandbox of Dintero. Its credentials are public, and worthless elsewhere. */
import type { GatewaySandbox } from '../gateway-descriptor.ts';
import { DINTERO_EVENTS } from './sandbox-events.ts';
import { DINTERO_FAULTS } from './sandbox-faults.ts';

const CREDENTIALS = {
  DINTERO_ACCOUNT_ID: 'T12345678',
  DINTERO_CLIENT_ID: 'sandbox-client',
  DINTERO_CLIENT_SECRET: 'sandbox-client-secret-0001',
  DINTERO_SIGNATURE_SECRETS: 'sandbox-signature-secret-0001',
};
const ADDRESSES = ['DINTERO_API_URL', 'DINTERO_CHECKOUT_URL'] as const;

export const DINTERO_SANDBOX: GatewaySandbox = {
  portVariable: 'SANDBOX_PORT',
  port: 3001,
  publicUrlVariable: 'SANDBOX_PUBLIC_URL',
  variables: (url) => ({ ...CREDENTIALS, DINTERO_API_URL: url, DINTERO_CHECKOUT_URL: url }),
  shares: Object.keys(CREDENTIALS),
  isReplaced: (env) => missingIn(env).length === 0,
  apiVariable: 'DINTERO_CHECKOUT_URL',
  events: DINTERO_EVENTS,
  faults: DINTERO_FAULTS,
  instead:
    "open a payment, and pay at its checkoutUrl with one of Dintero's test cards; refund, capture and void in the Backoffice. Dintero sends no callback again on request",
  complaints: (env) => {
    const missing = missingIn(env);
    if (missing.length !== 1) return [];
    return [`${missing.join()}: missing; set both addresses of Dintero, or neither to use the sandbox`];
  },
};

function missingIn(env: NodeJS.ProcessEnv): string[] {
  return ADDRESSES.filter((name) => env[name] === undefined);
}
