/** The names of the API's objects. openapi.ts is generated from openapi.json. */
import type { components } from './openapi.ts';

type Schemas = components['schemas'];

export type OpenedPayment = Schemas['OpenedPayment'];
export type Payment = Schemas['Payment'];
export type PaymentWithTimeline = Schemas['PaymentWithTimeline'];
export type PaymentStatus = Payment['status'];
export type Order = Schemas['Order'];
export type OrderStatus = Order['status'];
export type Operation = Schemas['Operation'];
export type Gateway = Schemas['Gateway'];
/** RFC 9457. */
export type Problem = Schemas['Problem'];

export type NewPayment = Schemas['CreatePayment'];
/** `reference` makes the call idempotent, so it is required here: your own name for this parcel. */
export type NewCapture = Schemas['Capture'] & { readonly reference: string };
/** `reference` makes the call idempotent, so it is required here: your own name for this return. */
export type NewRefund = Schemas['Refund'] & { readonly reference: string };
/** `reference` makes the call idempotent, so it is required here. */
export type NewVoid = Schemas['Void'] & { readonly reference: string };
