/** The demo shop as a process of its own. Ends on SIGINT, SIGTERM and when the parent that has an IPC channel to it is gone. */
import { ShopConfigError } from './config.ts';
import { runShop } from './run-shop.ts';

try {
  const shop = await runShop(process.env);
  console.log(`demo shop on ${shop.url}`);
  for (const event of ['SIGINT', 'SIGTERM', 'disconnect'] as const) {
    process.once(event, () => void shop.close().then(() => process.exit(0)));
  }
} catch (error) {
  console.error(inWords(error));
  process.exit(2);
}

function inWords(error: unknown): string {
  if (error instanceof ShopConfigError) return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'The demo shop’s port is taken. Set SHOP_PORT to a free one, or to 0.';
  return `The demo shop could not start: ${String(error)}`;
}
