/** For each reason of a review: what to look at, and what then. The gateways' pages in docs/ say more. */
export const REVIEW_HELP: Readonly<Record<string, { readonly lookAt: string; readonly decide: string }>> = {
  amount_mismatch: {
    lookAt: 'the transaction: a discount, a tax or a shipping price may have been added at the gateway',
    decide: 'accept where the shop agrees with the amount, else give_back',
  },
  currency_mismatch: {
    lookAt: 'the currency of the transaction',
    decide: 'give_back, unless the shop can sell in that currency: then accept',
  },
  reference_mismatch: {
    lookAt: 'the reference of the transaction: which order it names, and which system has set it',
    decide: 'accept where it is this order after all, else give_back',
  },
  order_changed: {
    lookAt: 'the order: its amount changed after the session was opened',
    decide: 'accept where the shop delivers for what was paid, else give_back',
  },
  order_already_paid: {
    lookAt: 'the other payment of the order: it has paid it',
    decide: 'give_back: the payer has paid twice',
  },
  late_money: {
    lookAt: 'the order: the payment was closed before the money came',
    decide: 'accept where the shop still delivers, else give_back',
  },
  late_hold: {
    lookAt: 'the hold at the gateway',
    decide: 'wait: it leaves REVIEW by itself when the gateway decides; dismiss to stop watching it',
  },
  contradiction: {
    lookAt: 'the transaction at the gateway: it was seen with money, and now the gateway denies it',
    decide: 'ask the gateway; dismiss once a person has settled it',
  },
  unclear: {
    lookAt: 'the transaction at the gateway: for an hour it gave no clear answer',
    decide: 'wait or ask the gateway: a clear answer ends the review by itself',
  },
  surplus_money: {
    lookAt: 'the further transaction of the session, which holds money beside the one that pays',
    decide: 'give_back: the payer has paid twice; dismiss where a person handles it at the gateway',
  },
  give_back_failed: {
    lookAt: 'the operations of the payment, and the transaction at the gateway',
    decide: 'give_back tries again; or refund at the gateway, which is seen by itself',
  },
  capture_reversed: {
    lookAt: 'the transaction: a capture was taken back, and nothing is held any more',
    decide: 'ask the payer for another payment; dismiss once that is settled',
  },
  adopted: {
    lookAt: 'both sessions at the gateway: one of them was lost by the store',
    decide: 'it leaves REVIEW with the status at the gateway; dismiss to stop watching it',
  },
};
