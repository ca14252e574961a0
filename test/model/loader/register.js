/** For `node --import`: loads TypeScript unchanged, with stand-ins for Temporal, the clock and the store. */
import { register } from 'node:module';

const isPure = process.env.PAIDONCE_MODEL_SERVER === undefined;
register('./hooks.js', import.meta.url, { data: { isPure } });
