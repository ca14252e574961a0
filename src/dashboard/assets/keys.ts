/** The keyboard: / to search, j and k for the next and the previous row, enter to open it. */
export const KEYS_SCRIPT = `'use strict';
document.addEventListener('keydown', (event) => {
  const inField = event.target.closest?.('input, select, textarea');
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'Escape' && inField) { inField.blur(); return; }
  if (inField) return;
  if (event.key === '/') {
    event.preventDefault();
    document.getElementById('q')?.focus();
    return;
  }
  if (event.key !== 'j' && event.key !== 'k') return;
  const rows = [...document.querySelectorAll('tr[data-row]')];
  if (rows.length === 0) return;
  const at = rows.indexOf(document.activeElement?.closest('tr[data-row]'));
  const next = event.key === 'j' ? Math.min(rows.length - 1, at + 1) : Math.max(0, at - 1);
  rows[next]?.querySelector('a')?.focus();
});
`;
