/** Replaces the live part of a page when the server has a newer one, unless the person has paused it. */
export const LIVE_SCRIPT = `'use strict';
const live = document.getElementById('live');
const freshness = document.getElementById('freshness');
const pause = document.getElementById('pause');
let heardAt = 0;
let waiting = null;
let isPaused = false;

const focusKey = () => document.activeElement?.closest?.('tr[data-row]')?.dataset.row;
const show = (html) => {
  if (isPaused || !document.getSelection().isCollapsed) { waiting = html; return; }
  waiting = null;
  const focused = focusKey();
  const open = [...live.querySelectorAll('details[open][id]')].map((one) => one.id);
  live.innerHTML = html;
  for (const id of open) document.getElementById(id)?.setAttribute('open', '');
  if (focused) [...live.querySelectorAll('tr[data-row]')].find((row) => row.dataset.row === focused)?.querySelector('a')?.focus();
  document.dispatchEvent(new Event('live'));
};
const say = () => {
  const seconds = Math.round((Date.now() - heardAt) / 1000);
  const text = isPaused ? 'paused' : heardAt === 0 ? 'connecting' : seconds < 20 ? 'live' : 'not live for ' + seconds + ' s: reload the page';
  if (freshness.textContent !== text) freshness.textContent = text;
};
if (live) {
  const source = new EventSource(live.dataset.events);
  source.onmessage = (message) => {
    heardAt = Date.now();
    const { html } = JSON.parse(message.data);
    if (html !== null) show(html);
    else if (waiting !== null) show(waiting);
    say();
  };
  setInterval(say, 1000);
  pause.hidden = false;
  pause.addEventListener('click', () => {
    isPaused = !isPaused;
    pause.textContent = isPaused ? 'Continue' : 'Pause';
    if (!isPaused && waiting !== null) show(waiting);
    say();
  });
}
`;
