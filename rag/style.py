"""The page's stylesheet: two panes side by side on a wide screen, one column on a narrow one, in light and dark.

It names no address of any kind, so nothing is fetched for it. The evidence panel needs no script: the section that
holds the link target is shown, and the last one where none does.
"""

from __future__ import annotations

CSS = """
:root, .gradio-container {
  --paper: #f6f5f1; --sheet: #ffffff; --ink: #22262b; --soft: #5d6570; --line: #e2dfd7; --tint: #f0eee8;
  --accent: #1f5f66; --accent-ink: #ffffff; --mark: #ffe9a3; --mark-ink: #22262b; --ring: #1f5f6644;
  --good: #1d6b3f; --good-bg: #e4f2e8; --fair: #855300; --fair-bg: #fbeed3; --bad: #a32a26; --bad-bg: #fae5e3;
  --none: #545b66; --none-bg: #ebebe9; --text-serif: Charter, "Iowan Old Style", Georgia, "Liberation Serif", serif;
}
.dark, .dark .gradio-container {
  --paper: #14171a; --sheet: #23282d; --ink: #e7e5e0; --soft: #a6aeb8; --line: #363d44; --tint: #1a1e22;
  --accent: #7cc4c6; --accent-ink: #10272a; --mark: #5f4d12; --mark-ink: #fff3cf; --ring: #7cc4c655;
  --good: #86d3a3; --good-bg: #1b3526; --fair: #edc274; --fair-bg: #3a2e17; --bad: #f5a29c; --bad-bg: #42211f;
  --none: #b3bac3; --none-bg: #2d3238;
}
html, body { background: var(--paper); margin: 0; }
.gradio-container { max-width: none !important; padding: 0 !important; background: var(--paper) !important;
  color: var(--ink); font-size: 15px; line-height: 1.55; }
.gradio-container .main, .gradio-container main { max-width: none !important; padding: 0 !important; }
.gradio-container .block, .gradio-container .html-container { padding: 0; border: 0; background: none;
  box-shadow: none; }
#page, #page * { scrollbar-width: thin; scrollbar-color: var(--line) transparent; }
#page { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0; height: 100dvh; }
#talk, #evidence-panel { min-width: 0; min-height: 0; height: 100%; }
#talk { display: flex; flex-flow: column nowrap; gap: 0; }
#talk > * { width: 100%; }
#evidence-panel { background: var(--tint); border-left: 1px solid var(--line); overflow: hidden auto;
  padding: 0 28px 40px; }
:where(#page) h1, :where(#page) h2, :where(#page) h3, :where(#page) h4, :where(#page) p, :where(#page) ul,
:where(#page) blockquote { margin: 0; padding: 0; border: 0; color: inherit; list-style: none; font-style: normal; }
#page a { color: var(--accent); }
#page a:focus-visible, #page summary:focus-visible, #page button:focus-visible { outline: 3px solid var(--ring);
  outline-offset: 2px; border-radius: 4px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

#top { display: flex; flex-flow: row nowrap; align-items: center; gap: 16px; padding: 16px 28px 14px; flex: none;
  border-bottom: 1px solid var(--line); }
#top > *:first-child { flex: 1 1 auto; min-width: 0; }
#top h1 { font-size: 19px; font-weight: 650; line-height: 1.25; letter-spacing: -.01em; }
#top .state { color: var(--soft); font-size: 13px; font-variant-numeric: tabular-nums; }
#page button { font: inherit; font-size: 14px; border-radius: 10px; cursor: pointer; box-shadow: none; min-width: 0;
  transition: background-color .12s, border-color .12s; }
#page button#new, #page #examples button { background: var(--sheet); color: var(--ink); border: 1px solid var(--line);
  flex: none; width: auto; }
#page button#new { padding: 7px 14px; font-weight: 550; }
#page button#new:hover, #page #examples button:hover { border-color: var(--accent); color: var(--accent); }
#page #examples { display: flex; flex-direction: column; gap: 8px; padding: 0 28px 18px;
  flex: none !important; }
#page #examples button { text-align: left; justify-content: flex-start; padding: 10px 14px; font-weight: 450;
  line-height: 1.35; white-space: normal; }

#talk:has(.welcome) #chat { flex: 0 1 auto; }
#talk:has(.welcome) #ask { margin-top: auto; }
#chat { flex: 1 1 0; min-height: 0; overflow: hidden auto !important; padding: 4px 28px 20px; }
.welcome { padding: 34px 0 12px; max-width: 46ch; }
.welcome h2 { font-size: 25px; font-weight: 600; letter-spacing: -.015em; line-height: 1.2; margin-bottom: 10px; }
.welcome p { color: var(--soft); }
.turn { padding: 22px 0 6px; scroll-margin-top: 0; }
.turn + .turn { border-top: 1px solid var(--line); margin-top: 18px; }
.question { font-size: 17px; font-weight: 620; line-height: 1.4; overflow-wrap: anywhere; white-space: pre-wrap; }
.reply { margin-top: 10px; overflow-wrap: anywhere; }
.waiting { color: var(--soft); }
.waiting i { font-style: normal; animation: wait 1.2s infinite; }
.waiting i:nth-of-type(2) { animation-delay: .2s; } .waiting i:nth-of-type(3) { animation-delay: .4s; }
@keyframes wait { 0%, 70%, 100% { opacity: .2; } 35% { opacity: 1; } }
.understood { font-size: 13.5px; color: var(--soft); border-left: 3px solid var(--line); padding-left: 10px;
  margin-bottom: 12px; }
.statements { display: flex; flex-direction: column; gap: 14px; }
.statement { white-space: pre-wrap; font-size: 15.5px; }
.statements .statement { margin-bottom: 4px; }
#page .ref { font-size: .82em; font-weight: 650; font-variant-numeric: tabular-nums; text-decoration: none;
  padding: 1px; border-radius: 4px; white-space: nowrap; }
#page a.ref:hover { background: var(--accent); color: var(--accent-ink); }
.ref.unknown { color: var(--bad); text-decoration: line-through; }
.badge { display: inline-flex; align-items: center; gap: 5px; padding: 1px 9px; border-radius: 99px; font-size: 12px;
  font-weight: 600; line-height: 1.6; white-space: nowrap; color: var(--none); background: var(--none-bg); }
.badge.supported { color: var(--good); background: var(--good-bg); }
.badge.partly { color: var(--fair); background: var(--fair-bg); }
.badge.unsupported { color: var(--bad); background: var(--bad-bg); }
.note { color: var(--soft); font-size: 13px; }
.badge + .note { margin-left: 8px; }
p.note { margin-top: 10px; }
.trouble, .refusal { border-left: 3px solid var(--soft); padding: 2px 0 2px 14px; }
.refusal { display: flex; flex-direction: column; gap: 8px; }
.statements + .missing { margin-top: 12px; }
.missing span { color: var(--soft); }
.nearest { color: var(--soft); font-size: 14px; }
.conflict { margin-top: 16px; padding: 12px 14px; border: 1px solid var(--line);
  border-left: 3px solid var(--fair); border-radius: 10px; background: var(--sheet); }
.conflict ul { display: flex; flex-direction: column; gap: 6px; margin-top: 6px; }
.conflict .statements { gap: 12px; margin-top: 10px; }
.reply > .conflict:first-child { margin-top: 0; }
.conflict .who { font-weight: 600; }
.conflict q { font-family: var(--text-serif); quotes: "“" "”"; }
.made { display: flex; flex-wrap: wrap; gap: 4px 14px; margin-top: 14px; font-size: 13px; color: var(--soft); }
details summary { cursor: pointer; color: var(--soft); font-size: 13.5px; font-weight: 550; width: fit-content; }
details summary:hover { color: var(--accent); }
.draft .statements { margin-top: 10px; }

#ask { flex: none; display: flex; flex-flow: row nowrap; align-items: flex-end; gap: 8px; margin: 10px 28px 22px;
  width: auto !important; padding: 7px; background: var(--sheet); border: 1px solid var(--line); border-radius: 14px; }
#ask:focus-within { border-color: var(--accent); box-shadow: 0 0 0 3px var(--ring); }
#page #ask .block, #page #ask .form, #ask label { background: none; border: 0; box-shadow: none; padding: 0; margin: 0;
  min-width: 0; flex: 1 1 auto; }
#page #ask textarea { background: none; border: 0; box-shadow: none; outline: none; color: var(--ink); font: inherit;
  font-size: 15.5px; line-height: 1.5; padding: 7px 10px; min-height: 0; max-height: 30dvh; }
#page #ask textarea::placeholder { color: var(--soft); opacity: 1; }
#page button#send { background: var(--accent); color: var(--accent-ink); border: 0; padding: 9px 20px; font-weight: 600;
  flex: none; width: auto; }
#page button#send:hover { filter: brightness(1.1); }

.evidence { display: none; }
.evidence:target, .evidence:has(:target), .shelf:not(:has(:target)) > .evidence:last-of-type { display: block; }
.evidence > header { position: sticky; top: 0; z-index: 2; background: var(--tint); padding: 18px 0 10px; }
.evidence > header h2, .nothing h2 { font-size: 16px; font-weight: 650; line-height: 1.25; }
.about { color: var(--soft); font-size: 13.5px; }
.evidence > header .about { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.evidence h3, .nothing h3, .others > summary { font-size: 12.5px; font-weight: 650; color: var(--soft); }
.evidence h3 { margin: 8px 0 10px; }
.count { font-weight: 500; opacity: .8; font-variant-numeric: tabular-nums; }
.nothing { padding-top: 20px; color: var(--soft); display: flex; flex-direction: column; gap: 14px;
  max-width: 52ch; }
.nothing h2 { color: var(--ink); }
.legend { display: grid; grid-template-columns: max-content 1fr; gap: 9px 12px; align-items: center; font-size: 14px; }
.legend li { display: contents; }
.legend .badge { justify-self: start; }
.card { background: var(--sheet); border: 1px solid var(--line); border-radius: 12px; padding: 16px 18px 12px;
  margin-bottom: 14px; scroll-margin-top: 76px; outline: none; overflow-wrap: anywhere; }
.card > header { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: flex-start; }
.card .label { flex: none; min-width: 24px; padding: 0 6px; height: 24px; line-height: 24px; border-radius: 7px;
  text-align: center; font-size: 13px; font-weight: 650; font-variant-numeric: tabular-nums; background: var(--tint); }
.card .head { flex: 1 1 55%; min-width: 0; }
.card h4 { font-size: 15px; font-weight: 620; line-height: 1.4; }
.card .by { color: var(--soft); font-size: 13.5px; }
.evidence blockquote { margin: 12px 0 10px; font-family: var(--text-serif); font-size: 16px; line-height: 1.58;
  white-space: pre-wrap; color: var(--ink); }
mark { background: var(--mark); color: var(--mark-ink); border-radius: 3px; padding: .06em .1em;
  box-decoration-break: clone; -webkit-box-decoration-break: clone; }
.card > footer { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 2px 16px;
  border-top: 1px solid var(--line); padding-top: 8px; margin-top: 10px; font-size: 12.5px; color: var(--soft);
  font-variant-numeric: tabular-nums; }
.path { font-family: ui-monospace, "SF Mono", Consolas, "Liberation Mono", monospace; font-size: .95em; }
.verbatim { color: var(--good); font-weight: 600; } .changed { color: var(--bad); font-weight: 600; }
.evidence .around blockquote { color: var(--soft); font-size: 15px; }
.around b { font-weight: 400; color: var(--ink); }
.others { margin-top: 18px; }
.others[open] > summary { margin-bottom: 12px; }
.card:target { border-color: var(--accent); box-shadow: 0 0 0 3px var(--ring); animation: flash 1.1s ease-out; }
@keyframes flash { 0%, 35% { background: color-mix(in srgb, var(--accent) 16%, var(--sheet)); } }

@media (max-width: 900px) {
  #page { display: block; height: auto; }
  #talk, #evidence-panel { height: auto; overflow: visible; }
  #chat { overflow: visible !important; flex: none; }
  #evidence-panel { border-left: 0; border-top: 1px solid var(--line); padding: 0 18px 32px; }
  #top, #chat, #page #examples { padding-left: 18px; padding-right: 18px; }
  #ask { margin: 8px 18px 18px; }
  .evidence > header { position: static; }
  .card { scroll-margin-top: 12px; padding: 14px 14px 10px; }
}
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
"""
