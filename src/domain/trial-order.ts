/** Orders that `paidonce golive` opens to prove a deployment: docs/adr/0031. */

/** The beginning of their references. */
export const TRIAL_PREFIX = 'golive-';

/**
 * Whether no shop is to hear of the order. Never where money is real: there the reference means nothing, so
 * no update can be lost by it.
 */
export function isTrialOrder(reference: string, isLive: boolean): boolean {
  return !isLive && reference.startsWith(TRIAL_PREFIX);
}

/** Why their updates are not sent, as the update itself shows it. */
export const TOLD_TO_NO_SHOP = 'an order of paidonce golive';
