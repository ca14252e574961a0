import type { Router } from '@koa/router';
import type { StripeSandbox } from '../stripe-sandbox.ts';

/** The payment page. */
export function pageRoutes(_router: Router, _sandbox: StripeSandbox): void {}
