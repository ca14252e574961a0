/** The folders of the compiled code that is measured. */
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** The core; `BENCH_DIST` names the core of another build, to compare with. */
export const CORE = process.env['BENCH_DIST'] ?? join(ROOT, 'dist', 'src');

/** The sandbox is part of the stand, so it is always ours. */
export const SANDBOX = join(ROOT, 'dist', 'sandbox', 'start.js');
