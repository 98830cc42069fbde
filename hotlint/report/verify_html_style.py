"""The style sheet of the page of ``hotlint verify``; light and dark after the reader's own setting."""

STYLE = """
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1d2330;--faint:#68707f;--line:#e1e4ea;--track:#eef0f4;
--run:#7d8bb0;--open:#9fc7a5;--writes:#eab04d;--all:#dd5a50;--good:#1d7a45;--bad:#b8322a;--warn:#8a5a00;
--good-bg:#e2f3e7;--bad-bg:#fbe5e3;--warn-bg:#fbeed3;--on-bar:#fff;--on-soft:#2b2410}
@media(prefers-color-scheme:dark){:root{--bg:#14171d;--card:#1c2028;--ink:#e4e7ee;--faint:#97a0b2;--line:#2d333f;
--track:#272c36;--run:#64739c;--open:#4b7f57;--writes:#c48a2c;--all:#c94a41;--good:#6fcf8f;--bad:#ff8a80;--warn:#f0bd5c;
--good-bg:#1c3526;--bad-bg:#43211f;--warn-bg:#3b2f16;--on-soft:#fff}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
header,main{max-width:1180px;margin:0 auto;padding:0 24px}
header{padding-top:28px}
h1{margin:0;font-size:26px}h2{font-size:19px;margin:24px 0 10px}h3{font-size:16px;margin:0 0 12px}
.faint{color:var(--faint);font-weight:400;font-size:13px}
header p{margin:2px 0 0}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.tiles{display:flex;flex-wrap:wrap;gap:10px;margin:0 0 14px}
.tile{flex:1 1 130px;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:10px 14px}
.tile b{display:block;font-size:21px;line-height:1.2;white-space:nowrap}
.tile span{color:var(--faint);font-size:12.5px}
.legend{display:flex;flex-wrap:wrap;gap:6px 18px;margin:0 0 14px;color:var(--faint);font-size:13px}
.legend span{display:inline-flex;align-items:center;gap:6px}
.legend i{width:22px;height:11px;border-radius:3px;display:inline-block}
i.run{background:var(--run)}i.open{background:var(--open)}i.writes{background:var(--writes)}i.all{background:var(--all)}
.legend i.hit{background:var(--bad-bg);border:1px solid var(--bad)}
article{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px 18px;margin:0 0 14px}
article p{margin:10px 0 4px}
.chip{display:inline-block;margin-left:8px;padding:1px 9px;border-radius:20px;font-size:12px;font-weight:600;
background:var(--track);color:var(--faint);white-space:nowrap}
.chip.good{background:var(--good-bg);color:var(--good)}.chip.bad{background:var(--bad-bg);color:var(--bad)}
.chip.warn{background:var(--warn-bg);color:var(--warn)}
td .chip{margin:0}
.lane,.axis{display:grid;grid-template-columns:180px 1fr 272px;gap:12px;align-items:center;margin:0 0 4px}
.name{font:13px ui-monospace,"DejaVu Sans Mono",monospace;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;
text-align:right}
.track{position:relative;height:22px;border-radius:5px;background:var(--track);overflow:hidden;
background-image:linear-gradient(90deg,var(--line) 1px,transparent 1px);background-size:25% 100%}
.bar{position:absolute;top:2px;bottom:2px;border-radius:4px;font:600 11px/18px system-ui,"DejaVu Sans",sans-serif;
color:var(--on-bar);padding:0 5px;overflow:hidden;white-space:nowrap;text-overflow:ellipsis;min-width:3px;
box-shadow:inset 0 0 0 1px rgba(0,0,0,.12)}
.bar:empty{padding:0}
.bar.writes,.bar.open{color:var(--on-soft)}
.note{font-size:13px;color:var(--faint);white-space:nowrap}
em.hit{font-style:normal;font-weight:600;font-size:12px;color:var(--bad);background:var(--bad-bg);border-radius:5px;
padding:1px 7px}
.axis div{grid-column:2;position:relative;height:18px;font-size:11.5px;color:var(--faint)}
.axis span{position:absolute;padding-left:2px}
details{margin-top:8px}summary{cursor:pointer;color:var(--faint);font-size:13.5px}
table{border-collapse:collapse;width:100%;margin:8px 0;font-size:13px}
th{text-align:left;color:var(--faint);font-weight:500}
td,th{padding:5px 10px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}
.time{white-space:nowrap}
td ul{margin:0;padding:0;list-style:none}
code{font:12.5px ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.findings{list-style:none;margin:12px 0 0;padding:0}
.findings li{margin:6px 0 0;padding:7px 12px;border-radius:8px;background:var(--warn-bg);color:var(--ink);
border-left:4px solid var(--warn)}
.findings li.bad{background:var(--bad-bg);border-color:var(--bad)}
@media(max-width:760px){.lane,.axis{grid-template-columns:1fr}.axis div{grid-column:1}.name{text-align:left}
header,main{padding-left:12px;padding-right:12px}}
@media print{body{background:#fff}article{break-inside:avoid}}
"""
