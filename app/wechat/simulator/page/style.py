"""How the control page looks: one style sheet, no script, no address of anybody else's."""

STYLE = """
:root{--green:#07c160;--ink:#1a1d1f;--soft:#5d666d;--faint:#8b949a;--line:#e6e9eb;--ground:#f3f5f6;--card:#fff;
--red:#d9363e;--amber:#a86200;--blue:#2f6fde;--radius:14px}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"PingFang SC",
"Microsoft YaHei","Noto Sans CJK SC","WenQuanYi Zen Hei",sans-serif}
a{color:inherit}
h1,h2,h3,p,ul,dl,dd,figure{margin:0;padding:0}
ul{list-style:none}
code,.mono{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
:focus-visible{outline:2px solid var(--blue);outline-offset:2px;border-radius:6px}
header.top{background:var(--card);border-bottom:1px solid var(--line)}
.top>div,main{max-width:1240px;margin:0 auto;padding:0 24px}
.top>div{display:flex;flex-wrap:wrap;align-items:center;gap:10px 20px;padding-top:16px;padding-bottom:16px}
.brand{display:flex;align-items:center;gap:12px;margin-right:auto}
.brand h1{font-size:19px;line-height:1.3;font-weight:650}
.brand p{color:var(--faint);font-size:12.5px}
.logo{width:38px;height:38px;border-radius:11px;background:var(--green);display:grid;place-items:center}
.pills{display:flex;flex-wrap:wrap;gap:8px}
.pill{display:inline-flex;align-items:center;gap:6px;padding:3px 11px;border-radius:99px;background:var(--ground);
color:var(--soft);font-size:13px;text-decoration:none;white-space:nowrap}
.pill b{color:var(--ink);font-weight:600;font-variant-numeric:tabular-nums}
a.pill:hover{background:#e8ebed}
.dot{width:7px;height:7px;border-radius:50%;background:var(--faint)}
.dot.on{background:var(--green)}.dot.bad{background:var(--red)}
.said{max-width:1192px;margin:20px auto 0;padding:10px 16px;border-radius:10px;background:#e7f8ee;color:#0b6b39}
.said.bad{background:#fdecec;color:#a5262c}
main{display:grid;grid-template-columns:minmax(0,376px) minmax(0,1fr);gap:28px;padding-top:24px;padding-bottom:56px;
align-items:start}
.side{position:sticky;top:20px;display:grid;gap:16px}
.people{display:flex;gap:4px;overflow-x:auto;padding:2px 2px 6px;scrollbar-width:thin}
.person{flex:none;display:grid;justify-items:center;gap:4px;width:68px;padding:6px 2px;border-radius:12px;
text-decoration:none;color:var(--soft);font-size:12px}
.person:hover{background:#e9eced}
.person.here{background:var(--card);color:var(--ink);box-shadow:0 0 0 1px var(--line)}
.person span.name{max-width:64px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.face{position:relative;width:38px;height:38px;border-radius:9px;display:grid;place-items:center;color:#fff;
font-size:16px;font-weight:600}
.face i{position:absolute;top:-5px;right:-6px;min-width:17px;height:17px;padding:0 4px;border-radius:9px;
background:#fa5151;font:600 11px/17px system-ui,sans-serif;text-align:center}
.phone{background:#1c1f21;border-radius:44px;padding:11px;box-shadow:0 18px 44px -18px rgba(20,30,40,.45)}
.screen{background:#ededed;border-radius:34px;overflow:hidden;display:flex;flex-direction:column;height:640px}
.bar{display:flex;justify-content:space-between;align-items:center;padding:11px 26px 4px;font-weight:600;font-size:13px}
.bar .notch{width:84px;height:21px;border-radius:12px;background:#1c1f21}
.bar .power{width:23px;height:11px;border:1.5px solid #1a1d1f;border-radius:3.5px;padding:1.5px}
.bar .power::after{content:"";display:block;height:100%;width:78%;background:#1a1d1f;border-radius:1px}
.title{text-align:center;font-weight:600;font-size:16px;padding:8px 0 10px;border-bottom:1px solid #dcdcdc}
.feed{flex:1;overflow-y:auto;padding:4px 14px 20px;scrollbar-width:thin}
.when{text-align:center;color:#9a9a9a;font-size:12px;padding:14px 0 8px}
.notice{background:#fff;border-radius:9px;padding:12px 15px 0}
.notice .from{display:flex;align-items:center;gap:7px;color:#7a7a7a;font-size:12.5px}
.notice .from .logo{width:19px;height:19px;border-radius:50%}
.notice h3{font-size:16.5px;font-weight:500;padding:9px 0 10px;line-height:1.4}
.notice dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:5px 14px;font-size:14px;padding-bottom:12px}
.notice dt{color:#8c8c8c;white-space:nowrap}
.notice dd{overflow-wrap:anywhere}
.notice footer{display:flex;justify-content:space-between;gap:12px;align-items:center;border-top:1px solid #eee;
padding:9px 0;font-size:13px;color:#3d3d3d}
.notice footer span:first-child{flex:none}
.notice footer code{color:#9a9a9a;font-size:11px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.chevron{width:7px;height:7px;border:solid #b8b8b8;border-width:1.5px 1.5px 0 0;transform:rotate(45deg);flex:none}
.empty{color:var(--faint);text-align:center;padding:26px 20px;font-size:14px;line-height:1.7}
.screen .empty{padding:96px 30px;color:#9a9a9a}
.bubble{width:54px;height:54px;margin:0 auto 16px;border-radius:50%;background:#dfdfdf;display:grid;place-items:center}
.sheet{background:#fff;border-radius:16px 16px 0 0;padding:16px 18px 18px;box-shadow:0 -6px 20px rgba(0,0,0,.06)}
.sheet .from{display:flex;align-items:center;gap:8px;font-size:13.5px;color:#3d3d3d}
.sheet .from .logo{width:22px;height:22px;border-radius:50%}
.sheet>p{font-size:15.5px;font-weight:550;padding:8px 0 6px}
.sheet ul{max-height:126px;overflow-y:auto;scrollbar-width:thin}
.sheet li label{display:flex;align-items:center;gap:10px;padding:7px 0;border-top:1px solid #f0f0f0;cursor:pointer}
.sheet li:first-child label{border:0}
.sheet li span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.sheet li em{margin-left:auto;font-style:normal;color:#9a9a9a;font-size:12.5px;white-space:nowrap}
.sheet .two{display:flex;gap:12px;justify-content:center;padding-top:12px}
input[type=checkbox]{width:17px;height:17px;accent-color:var(--green);flex:none;margin:0}
.cards{display:grid;gap:20px;grid-template-columns:repeat(2,minmax(0,1fr));align-items:start}
.card{background:var(--card);border-radius:var(--radius);box-shadow:0 1px 2px rgba(20,30,40,.06);padding:18px 20px 16px;
min-width:0;scroll-margin-top:16px}
.card.wide{grid-column:1/-1}
.stack{display:grid;gap:20px;min-width:0}
.card>h2{font-size:15.5px;font-weight:650;display:flex;align-items:baseline;gap:8px;padding-bottom:12px}
.card>h2 small{font-weight:400;color:var(--faint);font-size:13px;margin-left:auto;text-align:right}
.rows>li{padding:10px 0;border-top:1px solid var(--line);display:flex;gap:12px;align-items:flex-start;min-width:0}
.rows>li:first-child{border-top:0;padding-top:0}
.rows>li:last-child{padding-bottom:0}
.rows .grow{flex:1;min-width:0}
.rows>li>.dot{flex:none;margin-top:8px}
.rows .grow>p{overflow-wrap:anywhere}
.rows .meta{color:var(--faint);font-size:12.5px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.tall{max-height:330px;overflow-y:auto;scrollbar-width:thin;padding-right:4px}
.calls{width:100%;border-collapse:collapse}
.calls td{padding:8px 0;border-top:1px solid var(--line);vertical-align:middle}
.calls tr:first-child td{border-top:0;padding-top:0}
.calls td.n{text-align:right;font-variant-numeric:tabular-nums;font-weight:600;width:64px;padding-left:12px}
.calls td.what{width:37%}
.calls code{color:var(--faint);display:block;overflow-wrap:anywhere}
.meter{display:flex;height:7px;border-radius:4px;overflow:hidden;background:var(--ground)}
.meter i{display:block;height:100%}
.meter .ok{background:var(--green)}.meter .refused{background:#f0a020}.meter .spoilt{background:#e5484d}
.codes-of{display:flex;flex-wrap:wrap;gap:3px 10px;padding-top:5px;font-size:12.5px;color:var(--soft);
font-variant-numeric:tabular-nums}
.tag{flex:none;border-radius:6px;padding:1px 8px;font-size:12.5px;background:#eef1f3;color:var(--soft);
white-space:nowrap}
.tag.good{background:#e5f8ed;color:#08713a}.tag.warn{background:#fff3dc;color:#8a5200}
.tag.bad{background:#fdeaea;color:#b3272e}
.thumb{width:46px;height:46px;border-radius:8px;flex:none;background:var(--ground);object-fit:cover;display:block}
.codes{display:grid;grid-template-columns:repeat(auto-fill,minmax(104px,1fr));gap:14px}
.codes img{width:100%;aspect-ratio:1;image-rendering:pixelated;border:1px solid var(--line);border-radius:10px;
padding:6px;background:#fff;display:block}
.codes figcaption{color:var(--soft);font-size:12px;padding-top:5px;overflow:hidden;text-overflow:ellipsis;
white-space:nowrap}
form.line{display:flex;flex-wrap:wrap;gap:10px;align-items:flex-end}
form.line label{display:grid;gap:3px;font-size:12.5px;color:var(--soft);flex:1 1 130px;min-width:0}
select,input[type=text],input[type=number]{font:inherit;font-size:14px;color:var(--ink);width:100%;height:38px;
padding:0 10px;border:1px solid #d4d9dc;border-radius:9px;background:#fff;min-width:0}
button{font:inherit;font-size:14px;font-weight:550;height:38px;padding:0 17px;border-radius:9px;
border:1px solid #d4d9dc;background:#fff;color:var(--ink);cursor:pointer;white-space:nowrap}
button:hover{background:#f6f8f9}
button.main{background:var(--green);border-color:var(--green);color:#fff}
button.main:hover{background:#06ad56}
button.danger{color:var(--red)}
button.small{height:29px;padding:0 11px;font-size:13px;border-radius:8px}
.sheet button{width:118px;border:0;background:#f2f2f2;color:var(--green)}
.sheet button.main{background:var(--green);color:#fff}
.split{display:grid;grid-template-columns:1fr 1fr;gap:22px 32px}
.split h3{font-size:13.5px;font-weight:600;padding-bottom:9px}
.on-now{border-top:1px solid var(--line);margin-top:16px;padding-top:14px}
.buttons{display:flex;flex-wrap:wrap;gap:10px;padding-top:12px}
.buttons form{display:contents}
@media(max-width:1080px){.cards{grid-template-columns:minmax(0,1fr)}}
@media(max-width:860px){main{grid-template-columns:minmax(0,1fr);gap:20px}.side{position:static}
.phone{width:100%;max-width:376px;margin:0 auto}}
@media(max-width:560px){.top>div,main{padding-left:14px;padding-right:14px}main{padding-top:14px}
.said{margin:14px 14px 0}.split{grid-template-columns:minmax(0,1fr)}.card{padding:16px 15px 15px}
.phone{padding:0;background:none;border-radius:18px;box-shadow:0 1px 2px rgba(20,30,40,.1)}
.screen{border-radius:18px;height:auto;max-height:720px}.bar{display:none}.title{padding-top:13px}
.screen .empty{padding:44px 24px}.card>h2{flex-wrap:wrap}
.calls,.calls tbody{display:block}.calls tr{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:5px 12px;
padding:11px 0;border-top:1px solid var(--line)}.calls tr:first-child{border-top:0;padding-top:0}
.calls td,.calls tr:first-child td{display:block;padding:0;border:0}.calls td.what{width:auto}.calls td.n{width:auto;
grid-row:1;grid-column:2}.calls td:nth-child(2){grid-column:1/-1}form.line button{flex:1 1 100%}
select,input[type=text],input[type=number],button{height:42px;font-size:16px}
button.small{height:34px;font-size:14px}.tall{max-height:420px}}
"""
