/** The pages' one style sheet. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #16202a; --soft: #5b6875; --line: #d9dfe5; --paper: #fff; --panel: #f5f7f9;
  --graph: #c9d6e4; --machine: #cfe3d6; --part: #d1495b; --good: #1f7a4d; --bad: #b3263a; --link: #1b5fa8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --soft: #9aa7b4; --line: #2c3742; --paper: #11171d; --panel: #19212a;
  --graph: #33475c; --machine: #2f4f3d; --part: #f0788a; --good: #6fcf9b; --bad: #ff8d9c; --link: #84bdf5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); }
h1 { font-size: 1.5rem; margin: .5rem 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
code, .mono { font: .85rem/1.4 ui-monospace, monospace; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0; } dt { color: var(--soft); } dd { margin: 0; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: middle; white-space: nowrap; }
th { color: var(--soft); font-weight: 500; } td.number, th.number { text-align: right; padding-right: 1.5rem; }
.digit { width: 2.5rem; height: 2.5rem; background: #000; fill: #fff; border-radius: 3px; display: block; } .large .digit { width: 9rem; height: 9rem; }
.bisection { width: 100%; height: auto; display: block; overflow: visible; } .bisection text { fill: var(--ink); font: 12px system-ui, sans-serif; }
@media (max-width: 30rem) { .bisection text { font-size: 22px; } }
.bisection .graph { fill: var(--graph); } .bisection .machine { fill: var(--machine); } .bisection .part { fill: var(--part); }
.bisection .funnel { fill: var(--part); opacity: .12; }
.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1rem; }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; } .soft { color: var(--soft); }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } }
`;
