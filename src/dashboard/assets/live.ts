/** Replaces the parts of a page when the server has a newer one, unless the person has paused it. */
export const LIVE_SCRIPT = `'use strict';
const live = document.getElementById('live');
const freshness = document.getElementById('freshness');
const pause = document.getElementById('pause');
let heardAt = 0;
let waiting = {};
let isPaused = false;

const focusIn = (part) => {
  const at = document.activeElement;
  if (!at || !part.contains(at)) return null;
  return { row: at.closest('tr[data-row]')?.dataset.row, href: at.getAttribute('href') };
};
const focusAgain = (part, { row, href }) => {
  const rows = [...part.querySelectorAll('tr[data-row]')].filter((one) => one.dataset.row === row);
  const links = [...(rows[0] ?? part).querySelectorAll('a')];
  (links.find((one) => one.getAttribute('href') === href) ?? (rows[0] && links[0]))?.focus();
};
const replace = (id, html) => {
  const part = document.getElementById('part-' + id);
  if (!part) return;
  const focused = focusIn(part);
  const open = [...part.querySelectorAll('details[open][id]')].map((one) => one.id);
  part.innerHTML = html;
  for (const one of open) document.getElementById(one)?.setAttribute('open', '');
  if (focused) focusAgain(part, focused);
};
const show = (parts) => {
  waiting = { ...waiting, ...parts };
  const all = Object.entries(waiting);
  if (all.length === 0 || isPaused || !document.getSelection().isCollapsed) return;
  waiting = {};
  for (const [id, html] of all) replace(id, html);
  document.dispatchEvent(new Event('live'));
};
const say = () => {
  const seconds = Math.round((Date.now() - heardAt) / 1000);
  const text = isPaused ? 'paused' : heardAt === 0 ? 'connecting' : seconds < 20 ? 'live' : 'not live for ' + seconds + ' s: reload the page';
  if (freshness.textContent !== text) freshness.textContent = text;
};
if (live?.dataset.events) {
  const source = new EventSource(live.dataset.events);
  source.onmessage = (message) => {
    heardAt = Date.now();
    show(JSON.parse(message.data).parts);
    say();
  };
  setInterval(say, 1000);
  pause.hidden = false;
  pause.addEventListener('click', () => {
    isPaused = !isPaused;
    pause.textContent = isPaused ? 'Continue' : 'Pause';
    show({});
    say();
  });
}
`;
