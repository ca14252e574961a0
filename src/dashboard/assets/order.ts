/** Copies an answer for the customer, and lights everything about the transaction that the mouse is on. */
export const ORDER_SCRIPT = `'use strict';
document.addEventListener('click', async (event) => {
  const button = event.target.closest?.('button[data-copy]');
  const text = button && document.getElementById(button.dataset.copy);
  if (!text) return;
  // Selected too: without https there is no clipboard.
  document.getSelection().selectAllChildren(text);
  try { await navigator.clipboard.writeText(text.textContent); button.textContent = 'Copied'; document.getSelection().removeAllRanges(); } catch { button.textContent = 'Selected: copy it'; }
});
const light = (event) => {
  const id = event.target.closest?.('[data-transaction]')?.dataset.transaction;
  for (const one of document.querySelectorAll('[data-transaction]')) one.classList.toggle('lit', one.dataset.transaction === id);
};
for (const kind of ['mouseover', 'focusin']) document.addEventListener(kind, light);
`;
