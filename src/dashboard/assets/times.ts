import { LATE_MS } from '../parts/time.tsx';

/** Keeps ages and countdowns right, and shows local times where the person has chosen that, on every page. */
export const TIMES_SCRIPT = `'use strict';
const clock = document.getElementById('local-times');
const span = (ms) => {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 120) return s + ' s';
  if (s < 7200) return Math.round(s / 60) + ' min';
  if (s < 172800) return Math.round(s / 3600) + ' h';
  return Math.round(s / 86400) + ' d';
};
const two = (n) => String(n).padStart(2, '0');
const isLocal = () => { try { return localStorage.getItem('paidonce-clock') === 'local'; } catch { return false; } };
const write = (time, text) => { if (time.textContent !== text) time.textContent = text; };
const refresh = () => {
  const now = Date.now();
  for (const time of document.querySelectorAll('time.ago')) write(time, span(now - Date.parse(time.dateTime)));
  for (const time of document.querySelectorAll('time.until')) {
    const left = Date.parse(time.dateTime) - now;
    write(time, left > 0 ? 'in ' + span(left) : left > -${LATE_MS} ? 'any moment' : 'late by ' + span(-left));
  }
};
const clocks = () => {
  const local = isLocal();
  for (const time of document.querySelectorAll('time.at')) {
    const d = new Date(time.dateTime);
    write(time, local
      ? d.getFullYear() + '-' + two(d.getMonth() + 1) + '-' + two(d.getDate()) + ' ' + two(d.getHours()) + ':' + two(d.getMinutes()) + ':' + two(d.getSeconds())
      : d.toISOString().slice(0, 19).replace('T', ' '));
  }
  if (clock) { clock.hidden = false; clock.textContent = local ? 'Show UTC' : 'Show local times'; }
};
clock?.addEventListener('click', () => {
  try { localStorage.setItem('paidonce-clock', isLocal() ? 'utc' : 'local'); } catch {}
  clocks();
});
document.addEventListener('live', () => { clocks(); refresh(); });
clocks();
setInterval(refresh, 1000);
`;
