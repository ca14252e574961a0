/**
 * The demo shop as a separate process. It ends at SIGINT, at SIGTERM, and when its parent with the IPC
 * channel has ended.
 */
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
  if (code === 'EADDRINUSE') return 'The demo shop’s port is taken. Set SHOP_PORT to a free port, or to 0.';
  return `The demo shop could not start: ${String(error)}`;
}
