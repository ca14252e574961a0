/** The style of the shop: light or dark by the reader's choice; every colour pair has AA contrast. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#f7f5f0, #15171a);
  --card: light-dark(#ffffff, #1e2126);
  --ink: light-dark(#1c1e21, #e9eaec);
  --muted: light-dark(#5b6068, #a4aab3);
  --line: light-dark(#e2ddd2, #343941);
  --accent: light-dark(#1d5c4a, #7fd1b5);
  --on-accent: light-dark(#ffffff, #0d2119);
  --good: light-dark(#14633a, #8fe0b0);
  --good-back: light-dark(#dff3e6, #15382a);
  --waiting: light-dark(#7a4b00, #f3ca7c);
  --waiting-back: light-dark(#fcefd2, #3b2d10);
  --bad: light-dark(#9b1c26, #ffa8ae);
  --bad-back: light-dark(#fde5e6, #43191d);
  --neutral-back: light-dark(#e9e7e2, #2c3037);
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif;
  font-variant-numeric: tabular-nums;
}
main, .bar, footer { max-width: 66rem; margin: 0 auto; padding: 1rem 1.25rem; }
.bar { display: flex; flex-wrap: wrap; gap: .5rem 2rem; align-items: baseline; justify-content: space-between; }
.brand { font-weight: 700; font-size: 1.15rem; text-decoration: none; color: var(--ink); }
nav { display: flex; flex-wrap: wrap; gap: 1.25rem; }
footer { color: var(--muted); font-size: .875rem; }
a { color: var(--accent); text-underline-offset: .2em; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .75rem; }
.lead { font-size: 1.1rem; max-width: 45rem; }
.muted { color: var(--muted); }
.small { font-size: .875rem; }
code { font: .875em ui-monospace, 'SF Mono', Menlo, 'DejaVu Sans Mono', monospace; overflow-wrap: anywhere; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem 1.5rem; }
.products { list-style: none; margin: 1.5rem 0 0; padding: 0; display: grid; gap: 1.25rem;
  grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); }
.products .card { display: flex; flex-direction: column; }
.products h2 { margin: 0; }
.products p { margin: .25rem 0; }
.products form { display: flex; gap: 1rem; align-items: end; justify-content: space-between; margin-top: auto; padding-top: 1rem; }
.price { font-size: 1.5rem; font-weight: 650; margin: .25rem 0; }
label { font-size: .875rem; color: var(--muted); display: grid; gap: .25rem; }
input { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--muted);
  border-radius: .5rem; padding: .4rem .6rem; width: 5rem; }
.ways { border: 0; padding: 0; margin: .5rem 0; }
.ways legend { font-size: .875rem; color: var(--muted); padding: 0; }
.ways label { display: flex; align-items: center; gap: .4rem; color: var(--ink); min-height: 1.75rem; }
.ways input { width: auto; margin: 0; }
button { font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 0;
  border-radius: .5rem; padding: .55rem 1.5rem; cursor: pointer; }
button:hover { filter: brightness(1.12); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.badge { display: inline-block; border-radius: 1rem; padding: .1rem .7rem; font-size: .875rem; font-weight: 600;
  white-space: nowrap; background: var(--neutral-back); color: var(--ink); }
.badge.big { font-size: 1.35rem; padding: .3rem 1.2rem; border-radius: 2rem; margin-right: .5rem; }
.badge.good { background: var(--good-back); color: var(--good); }
.badge.waiting { background: var(--waiting-back); color: var(--waiting); }
.badge.bad { background: var(--bad-back); color: var(--bad); }
.verified { color: var(--good); font-weight: 600; white-space: nowrap; }
.head { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .25rem 1.5rem; align-items: center; }
.head h1 { margin: 0; }
.head p { margin: .25rem 0; }
.head .price { justify-self: end; }
.late { display: block; }
.head form { justify-self: end; }
.notice { background: var(--waiting-back); color: var(--waiting); border-radius: .5rem; padding: .6rem 1rem; }
.moves { display: flex; flex-wrap: wrap; gap: .75rem; }
.operations { padding-left: 1.25rem; overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(19rem, 100%), 1fr)); gap: .75rem 2rem; margin: 0; }
dt { font-size: .875rem; color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .55rem .9rem; border-bottom: 1px solid var(--line); font-weight: 400; white-space: nowrap; }
thead th { color: var(--muted); font-size: .875rem; }
tbody tr:last-child > * { border-bottom: 0; }
.number { text-align: right; }
td.id { white-space: normal; min-width: 14rem; }
.timeline { list-style: none; margin: 0; padding: 0 0 0 1rem; border-left: 2px solid var(--line); }
.timeline li { display: grid; grid-template-columns: 5rem 6.5rem minmax(0, 1fr); overflow-wrap: anywhere; gap: 0 .75rem; align-items: baseline; padding: .25rem 0; }
.timeline time { color: var(--muted); }
.kind { font-size: .875rem; color: var(--muted); }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 40rem) {
  .head { grid-template-columns: minmax(0, 1fr); }
  .head form, .head .price { justify-self: start; }
  .badge.big { display: table; margin-bottom: .5rem; }
  th, td { padding: .5rem; }
  .timeline li { grid-template-columns: 5rem minmax(0, 1fr); }
  .timeline li span:last-child { grid-column: 1 / -1; }
}
`;
