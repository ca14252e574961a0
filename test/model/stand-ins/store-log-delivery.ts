export { logDelivery } from './store-deliveries.ts';
