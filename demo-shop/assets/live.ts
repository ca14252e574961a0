/**
 * The only script of the shop: it replaces the live part of an order's page when the server has a newer one,
 * and counts down.
 */
export const LIVE_SCRIPT = `'use strict';
const live = document.getElementById('live');
const announcement = document.getElementById('announcement');
const countDown = () => {
  for (const time of live.querySelectorAll('time.countdown')) {
    const seconds = Math.ceil((Date.parse(time.dateTime) - Date.now()) / 1000);
    const left = seconds < 120 ? seconds + ' s' : Math.ceil(seconds / 60) + ' min';
    time.textContent = seconds > 0 ? 'in ' + left : 'any moment now';
  }
};
setInterval(countDown, 1000);
const events = new EventSource(live.dataset.events);
events.onmessage = (message) => {
  const { version, label, html } = JSON.parse(message.data);
  if (version === live.dataset.version) return;
  live.dataset.version = version;
  live.innerHTML = html;
  countDown();
  if (announcement.textContent !== label) announcement.textContent = label;
};
`;
