import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Router } from '@koa/router';
import { PACKAGE_FOLDER } from '../../lib/package-folder.ts';
import { KEYS_SCRIPT } from '../assets/keys.ts';
import { LIVE_SCRIPT } from '../assets/live.ts';
import { ORDER_SCRIPT } from '../assets/order.ts';
import { SIGN_IN_SCRIPT } from '../assets/sign-in.ts';
import { TIMES_SCRIPT } from '../assets/times.ts';

/** The sheet of the demo shop and of the dashboard, and that of the charts. */
const SHEETS = ['sheet.css', 'charts.css'].map((name) => join(PACKAGE_FOLDER, 'kit', name));

const SCRIPTS: Readonly<Record<string, string>> = {
  'keys.js': KEYS_SCRIPT,
  'live.js': LIVE_SCRIPT,
  'order.js': ORDER_SCRIPT,
  'sign-in.js': SIGN_IN_SCRIPT,
  'times.js': TIMES_SCRIPT,
};

/** The files that pages load. They say nothing about this deployment, so they need no sign-in. */
export function assetRoutes(router: Router): void {
  const sheet = SHEETS.map((path) => readFileSync(path, 'utf8')).join('\n');
  const files: Readonly<Record<string, string>> = { ...SCRIPTS, 'sheet.css': sheet };
  for (const [name, text] of Object.entries(files)) {
    router.get(`/assets/${name}`, (ctx) => {
      ctx.set('Cache-Control', 'public, max-age=300');
      ctx.type = name.endsWith('.css') ? 'css' : 'js';
      ctx.body = text;
    });
  }
}
