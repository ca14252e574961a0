/** What Dintero can do, as data: docs and tests read it. */
export const DINTERO_CAPABILITIES = {
  gateway: 'dintero',
  currencies: 'as the account’s profiles allow',
  callbackAuthenticity: 'signed query',
  callbackCarriesOurKey: true,
  idempotentCreate: false,
  expiringSessions: true,
  cancelSession: true,
  onHold: true,
  listing: 'transactions by creation time',
  readsBackMetadata: true,
} as const;
