/** The only script of the shop: swaps the live part of an order's page when the server has a newer one. */
export const LIVE_SCRIPT = `'use strict';
const live = document.getElementById('live');
const announcement = document.getElementById('announcement');
const events = new EventSource(live.dataset.events);
events.onmessage = (message) => {
  const { version, label, html } = JSON.parse(message.data);
  if (version === live.dataset.version) return;
  live.dataset.version = version;
  live.innerHTML = html;
  if (announcement.textContent !== label) announcement.textContent = label;
};
`;
