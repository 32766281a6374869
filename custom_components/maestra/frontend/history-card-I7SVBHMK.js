import{a as he}from"./chunk-GQAWZ7IH.js";import{a as S,c as D,d as me,e as ue}from"./chunk-DIBGTBRN.js";import{a as ie}from"./chunk-6QXXSAK5.js";import{a as C,f as q,g as R,h as J}from"./chunk-H4HRM4CU.js";import{a as de,d as ce}from"./chunk-J43EKMMP.js";import{a as oe}from"./chunk-EIPD6CFP.js";import{e as te,g as E,h as ne,i as se,k as re,m as ae,n as le}from"./chunk-36TFBGEQ.js";import{a as ee,b as g,e as v,i as w}from"./chunk-6QWE7WWO.js";import"./chunk-QCXDA7CQ.js";import{a as Q}from"./chunk-OUEOOLBF.js";import{a as b}from"./chunk-JFKSI6I7.js";var pe=86400,He=1,Pe=3,fe=11,ge=1.2,O=class{constructor(s,e,n){this.element=s;this.make=e;this.gestures=n;this.#r=new ResizeObserver(()=>{this.#e?.setSize(this.#s()),this.#i()}),this.#r.observe(s)}#e;#o="";#n;#r;#t=new Map;draw(s){this.#n=s;let{looks:e,hasBand:n,locale:t,view:i,time:o,columns:a}=s,d=JSON.stringify([e,n,t,this.#a()]),l=[o,...a];!this.#e||d!==this.#o?(this.#o=d,this.#e?.destroy(),this.#e=new this.make(this.#l(s),l,this.element)):this.#e.setData(l,!1),this.#e.setScale("x",{min:i.start,max:i.end}),this.#i()}#i(){let{view:s,notes:e}=this.#n??{},n=this.#e?.over;!n||!s||!e||(n.querySelectorAll(".mark").forEach(t=>{t.remove()}),n.append(...e.map(({time:t,title:i})=>{let o=document.createElement("div"),a=(t-s.start)/(s.end-s.start);return o.className="mark",o.title=i,o.style.left=`clamp(0px, ${a*100}% - 4px, 100% - 9px)`,o})))}destroy(){this.#r.disconnect(),this.#e?.destroy(),this.#e=void 0}#s(){let{clientWidth:s,clientHeight:e}=this.element;return{width:Math.max(s,50),height:Math.max(e,80)}}#a(){let s=getComputedStyle(this.element);return{text:s.getPropertyValue("--secondary-text-color")||"#727272",grid:s.getPropertyValue("--divider-color")||"#e0e0e0",font:`${fe}px ${s.fontFamily}`}}#l(s){let{looks:e,hasBand:n,locale:t}=s,{text:i,grid:o,font:a}=this.#a(),d=[...new Set(e.map(({unit:c})=>c))],l={stroke:i,font:a,grid:{stroke:o,width:1},ticks:{show:!1}};return{...this.#s(),padding:[10,(c,m,[,h])=>h?0:24,0,0],legend:{show:!1},cursor:{drag:{x:!1,y:!1},points:{size:7},y:!1},scales:{x:{time:!0},...Object.fromEntries(d.map(c=>[H(c),{range:(m,h,u)=>h===null||u===null||!h&&!u?[0,1]:this.make.rangeNum(h,u,.1,!0)}]))},axes:[{...l,grid:{show:!1},size:28,space:70,values:(c,m,h,u,f)=>m.map((k,p)=>Fe(k,m[p-1],f,t))},...d.map((c,m)=>({...l,scale:H(c),show:m<2,side:m===1?He:Pe,grid:m?{show:!1}:l.grid,size:(h,u)=>14+Math.max(2,...(u??[]).map(f=>f.length))*fe*.6,values:(h,u)=>u.map((f,k)=>C(f,t)+(c&&k===u.length-1?` ${c}`:""))}))],series:[{},...e.flatMap(Be)],bands:e.flatMap(({color:c,isShown:m,isEarlier:h},u)=>n&&m&&!h?[{series:[u*3+3,u*3+2],fill:ye(c)}]:[]),hooks:{ready:[c=>{this.#d(c)}],setCursor:[c=>{let{left:m}=c.cursor;this.gestures.point(m===void 0||m<0?void 0:c.posToVal(m,"x"))}]}}}#d(s){let{over:e}=s,n=i=>s.posToVal(i.clientX-e.getBoundingClientRect().left,"x"),t=i=>{let{start:o,end:a}=this.#n?.view??{start:0,end:0};return i/(e.clientWidth||1)*(a-o)};e.addEventListener("wheel",i=>{i.ctrlKey||i.metaKey?(i.preventDefault(),this.gestures.zoom(i.deltaY>0?ge:1/ge,n(i))):Math.abs(i.deltaX)>Math.abs(i.deltaY)&&(i.preventDefault(),this.gestures.pan(t(i.deltaX)))},{passive:!1}),e.addEventListener("pointerdown",i=>{e.setPointerCapture(i.pointerId),this.#t.set(i.pointerId,i)}),e.addEventListener("pointermove",i=>{let o=this.#t.get(i.pointerId);if(!o)return;let a=[...this.#t.values()].find(({pointerId:d})=>d!==i.pointerId);if(this.#t.set(i.pointerId,i),a){let d=l=>Math.max(20,Math.abs(l.clientX-a.clientX));this.gestures.zoom(d(o)/d(i),n(a))}else this.gestures.pan(t(o.clientX-i.clientX))});for(let i of["pointerup","pointercancel"])e.addEventListener(i,({pointerId:o})=>{this.#t.delete(o)})}};function H(r){return`unit ${r}`}function Be({color:r,unit:s,isShown:e,isEarlier:n,label:t}){let i=H(s),o={scale:i,show:e&&!n,width:0,points:{show:!1}};return[{label:t,scale:i,show:e,stroke:n?ye(r,.6):r,width:n?1.5:2,...n?{dash:[5,4]}:{},points:{size:5}},o,o]}function ye(r,s=.16){let e=Math.round(s*255).toString(16).padStart(2,"0");return/^#[\da-f]{6}$/i.test(r)?r+e:`color-mix(in srgb, ${r} ${s*100}%, transparent)`}function Fe(r,s,e,n){let t={day:"numeric",month:"short"};return e>=28*pe?R(r,n,{month:"short",year:"numeric"}):e>=pe?R(r,n,t):s!==void 0&&new Date(r*1e3).getDate()!==new Date(s*1e3).getDate()?R(r,n,t):R(r,n,{hour:"numeric",minute:"2-digit",...e<60?{second:"2-digit"}:{}})}var $=["none","day","week","year"];var Ie=["name","unit"];function we(r){return[...r.entities??[],...r.series??[]].slice(0,20).map(e=>{if(typeof e=="string")return{address:e,name:void 0,unit:void 0};let{name:n,unit:t}=e;return{address:Object.fromEntries(Object.entries(e).filter(([o])=>!Ie.includes(o))),name:n===void 0?void 0:String(n),unit:t===void 0?void 0:String(t)}})}function L({address:r}){let s=typeof r=="string"?r:r.entity_id;return typeof s=="string"?s:void 0}var P=86400,We=[1,2,5,10,15,30,60,120,300,600,900,1800,3600,7200,10800,21600,43200,"day","week","month"],je={day:P,week:7*P,month:30.4*P};function x(r){return typeof r=="number"?r:je[r]}function F(r,s){return We.find(e=>r/x(e)<=s)??"month"}function xe(r,s){let e=new Date(s*1e3);switch(r){case"none":return 0;case"day":e.setDate(e.getDate()-1);break;case"week":e.setDate(e.getDate()-7);break;case"year":e.setFullYear(e.getFullYear()-1)}return s-e.getTime()/1e3}var Ve={time:[],mean:[],min:[],max:[]};function ve(r,s,e=0){let{columns:n}=r,t=x(r.width??0),i=Xe(n.time,t),o=[],a=[],d=[],l=[];return n.time.forEach((c,m)=>{let h=n.time[m-1];h!==void 0&&c-h>i&&(o.push(h+t*1.5+e),a.push(null),d.push(null),l.push(null)),o.push(c+(c+t>s?0:t/2)+e),a.push(n.mean[m]??null),d.push(n.min[m]??null),l.push(n.max[m]??null)}),{time:o,mean:a,min:d,max:l}}function Xe(r,s){let e=r.slice(1).map((t,i)=>t-(r[i]??t));e.sort((t,i)=>t-i);let n=e[Math.floor(e.length/2)]??s;return n>s*1.01?n*5:s*2.5}var Ue=8;function ke(r,s){return[s,...r.filter(({start:e,end:n,width:t})=>!(x(t)===x(s.width)&&e>=s.start&&n<=s.end))].slice(0,Ue)}function I(r,s,e){let n=r.end-r.start,t=x(s);return{start:Math.floor((r.start-n)/t)*t,end:Math.min(Math.ceil((r.end+n)/t)*t,Math.ceil(e/t)*t)}}function W(r,s,e,n){let t=(s.end-s.start)/2,i=Math.min(s.end+t,n);return r.some(o=>o.width===e&&o.start<=s.start-t&&o.end+x(e)>=i)}function _e(r,s,e,n){let t=l=>Math.abs(Math.log(x(l.width)/x(e))),i=[...r].sort((l,c)=>t(l)-t(c)),o=s.end-s.start,a=N({start:s.start-o,end:s.end+o},i),d=l=>Array.from({length:n},(c,m)=>Ze(a.map(({block:h,range:u})=>V(l(h)[m]??Ve,u))));return{lines:d(({lines:l})=>l),earlier:d(({earlier:l})=>l)}}var Ye=100,Ke=.015;function j(r,s){return[...new Map(r.flatMap(({notes:n})=>n).filter(({time:n})=>n>=s.start&&n<=s.end).map(n=>[JSON.stringify([n.time,n.title]),n])).values()].sort((n,t)=>n.time-t.time).slice(-Ye)}function Re(r,s,e){let n=({time:i})=>Math.abs(i-s),[t]=[...r].sort((i,o)=>n(i)-n(o));return t&&n(t)<=(e.end-e.start)*Ke?t:void 0}function N(r,s){let[e,...n]=s;if(!e||r.end<=r.start)return[];let t={start:Math.max(r.start,e.start),end:Math.min(r.end,e.end)};return t.end<=t.start?N(r,n):[...N({start:r.start,end:t.start},n),{block:e,range:t},...N({start:t.end,end:r.end},n)]}function V(r,{start:s,end:e}){let n=B(r.time,s),t=B(r.time,e);return{time:r.time.slice(n,t),mean:r.mean.slice(n,t),min:r.min.slice(n,t),max:r.max.slice(n,t)}}function B(r,s){let e=0,n=r.length;for(;e<n;){let t=e+n>>1;(r[t]??s)<s?e=t+1:n=t}return e}function Ze(r){return{time:r.flatMap(({time:s})=>s),mean:r.flatMap(({mean:s})=>s),min:r.flatMap(({min:s})=>s),max:r.flatMap(({max:s})=>s)}}function X(r){let s=[...new Set(r.flatMap(({time:t})=>t))].sort((t,i)=>t-i),e=new Map(s.map((t,i)=>[t,i])),n=r.flatMap(t=>[t.mean,t.min,t.max].map(i=>{let o=new Array(s.length).fill(void 0);return t.time.forEach((a,d)=>{o[e.get(a)??-1]=i[d]??null}),o}));return{time:s,columns:n}}function U(r,s){let e=V(r,s),n=e.mean.filter(a=>a!==null),t=n.at(-1);if(t===void 0)return;let i=e.min.filter(a=>a!==null),o=e.max.filter(a=>a!==null);return{last:t,min:be(i.length?i:n),mean:n.reduce((a,d)=>a+d,0)/n.length,max:-be((o.length?o:n).map(a=>-a))}}function be(r){return r.reduce((s,e)=>Math.min(s,e),1/0)}function Se(r,s){let e=B(r.time,s),[n=-1/0,t=1/0]=[r.time[e-1],r.time[e]];return r.mean[s-n<t-s?e-1:e]??void 0}function Me(r,s,e){let{time:n,columns:t}=X(s.map(a=>V(a,e))),i=r.flatMap(a=>[a,`${a} min`,`${a} max`]),o=n.map((a,d)=>[new Date(a*1e3).toISOString(),...t.map(l=>String(l[d]??""))]);return[["time",...i.map(Ge)],...o].map(a=>`${a.join(",")}\r
`).join("")}function Ge(r){return`"${(/^[=+\-@\t\r]/.test(r)?`'${r}`:r).replaceAll('"','""')}"`}var $e={form_name:"Titel",form_entities:"Entitäten",form_series:"Reihen der Datenbank",form_series_helper:"Eine Liste von Adressen, etwa {entity: wash-1, variable: brightness}, auf Wunsch jede mit name und unit.",form_hours:"Gezeigte Stunden",form_compare:"Vergleichen mit",form_band:"Niedrigste und höchste Werte um das Mittel zeigen",form_notes:"Notizen der Zeitleiste markieren",title:"Verlauf",none:"Keine Reihen gewählt",none_detail:"Wähle im Editor der Karte Entitäten oder Reihen der Datenbank.",empty:"In dieser Zeit ist nichts aufgezeichnet",failed:"Der Verlauf konnte nicht gelesen werden",no_store:"Diese Reihen brauchen eine Datenbank",no_store_detail:"Füge Maestra unter Einstellungen, Geräte & Dienste eine hinzu. Entitäten von Home Assistant werden auch ohne gezeigt.",refused_detail:"Du darfst nicht alle diese Reihen lesen.",recorder:"Aus dem Recorder von Home Assistant: keine Datenbank hat es.",now:"Jetzt",save:"Als CSV speichern",chart:"Diagramm von {names}",compare:"Mit derselben Zeit früher vergleichen",notes:"Notizen ({count})",compare_none:"Kein Vergleich",compare_day:"Vor einem Tag",compare_week:"Vor einer Woche",compare_year:"Vor einem Jahr",last:"Zuletzt",at:"Hier",min:"Min",mean:"Mittel",max:"Max",help:"Ziehen verschiebt, Strg und Mausrad oder zwei Finger vergrößern"};var Le={form_name:"Title",form_entities:"Entities",form_series:"Series of the database",form_series_helper:"A list of addresses, such as {entity: wash-1, variable: brightness}, each with name and unit where you like.",form_hours:"Hours to show",form_compare:"Compare with",form_band:"Show lowest and highest around the mean",form_notes:"Mark notes of the time line",title:"History",none:"No series chosen",none_detail:"Choose entities, or series of the database, in the card's editor.",empty:"Nothing recorded in this time",failed:"The history could not be read",no_store:"These series need a database",no_store_detail:"Add one to Maestra under Settings, Devices & services. Entities of Home Assistant are shown without one.",refused_detail:"You may not read all of these series.",recorder:"From Home Assistant's recorder: no database has it.",now:"Now",save:"Save as CSV",chart:"Chart of {names}",compare:"Compare with the same time earlier",notes:"Notes ({count})",compare_none:"No comparison",compare_day:"A day ago",compare_week:"A week ago",compare_year:"A year ago",last:"Last",at:"Here",min:"Min",mean:"Mean",max:"Max",help:"Drag to move, Ctrl and the wheel or two fingers to zoom"};function A(r){return Q({en:Le,de:$e},r)}function Ce(r){let s=A(r);return{schema:[{name:"entities",selector:{entity:{multiple:!0}}},{name:"series",selector:{object:{}}},{name:"name",selector:{text:{}}},he,{name:"compare",selector:{select:{mode:"dropdown",options:$.map(e=>({value:e,label:s(`compare_${e}`)}))}}},{name:"band",selector:{boolean:{}}},{name:"notes",selector:{boolean:{}}}],computeLabel:({name:e})=>s(`form_${e}`),computeHelper:({name:e})=>e==="series"?s("form_series_helper"):void 0}}function Ee(r){let s=Object.values(r.states).filter(t=>t?.entity_id.startsWith("sensor.")&&t.attributes.state_class==="measurement"&&!r.entities[t.entity_id]?.entity_category),n=s.find(t=>r.entities[t?.entity_id??""]?.platform==="maestra")??s[0];return{entities:n?[n.entity_id]:[],hours:24,band:!0,notes:!0}}async function Ne(r,s){try{return(await r.connection.sendMessagePromise({type:"maestra/last",series:s.map(({address:n})=>n)})).series.map(({value:n})=>n??void 0)}catch{return[]}}async function Qe(r,s){try{let{happenings:e}=await r.connection.sendMessagePromise({type:"maestra/timeline",start:s.start,end:s.end,kinds:["annotation"]});return e}catch{return[]}}var Oe={time:[],mean:[],min:[],max:[]};async function Ae(r,s,e,n,t,i){let o=xe(t,e.end),a={block:{...e,width:n,lines:[],earlier:[],notes:[]},labels:[],isRecorder:!1,failure:void 0},d=s.map(()=>Oe),l=s.map(()=>{}),c=o?s.map(()=>Oe):[],m=async(p,M,T)=>{if(p.length)try{(await r.connection.sendMessagePromise({type:"maestra/history",series:p.map(_=>s[_]?.address),start:e.start-T,end:e.end-T,width:n,aggregates:["mean","min","max"]})).series.forEach((_,z)=>{let G=p[z]??0;M[G]=ve(_,Date.now()/1e3,T),l[G]=_.label,a.isRecorder||=_.origin==="recorder"})}catch(Z){let{code:_="",message:z=""}=Z;a.failure={code:_,message:z}}},h=s.map((p,M)=>M),u=p=>s[p]!==void 0&&L(s[p])!==void 0,f=[h.filter(u),h.filter(p=>!u(p))],[k]=await Promise.all([i?Qe(r,e):[],...f.map(p=>m(p,d,0)),...o?f.map(p=>m(p,c,o)):[]]);return{...a,labels:l,block:{...a.block,lines:d,earlier:c,notes:k}}}var Te=ee`
  .chart {
    position: relative;
    flex: 1 1 auto;
    min-height: 220px;
    margin: 0 4px;
    direction: ltr;
  }
  .chart.fills {
    min-height: 80px;
  }
  .plot {
    position: absolute;
    inset: 0;
    overflow: hidden;
  }
  .over {
    position: absolute;
    inset: 0;
    display: grid;
    place-items: center;
    pointer-events: none;
    color: var(--secondary-text-color);
  }
  .busy {
    position: absolute;
    inset-block-start: 0;
    inset-inline: 12px;
    height: 2px;
    border-radius: 1px;
    background: var(--primary-color);
    animation: busy 1s ease-in-out infinite alternate;
  }
  @keyframes busy {
    from {
      opacity: 0.15;
    }
    to {
      opacity: 0.7;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .busy {
      animation: none;
      opacity: 0.4;
    }
  }
  .legend {
    margin: 0;
    padding: 4px 12px 12px;
    list-style: none;
  }
  .entry {
    display: grid;
    grid-template-columns: minmax(0, 1fr) repeat(4, 72px);
    align-items: center;
    gap: 0 8px;
    min-height: 30px;
  }
  .entry.earlier {
    color: var(--secondary-text-color);
  }
  .who {
    display: flex;
    align-items: center;
    gap: 8px;
    min-width: 0;
    min-height: 30px;
  }
  .who span:last-child {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .who[aria-pressed="false"] {
    opacity: 0.5;
  }
  .swatch {
    flex: none;
    width: 14px;
    height: 4px;
    border-radius: 2px;
    background: var(--line);
  }
  .earlier .swatch {
    background: repeating-linear-gradient(
      to right,
      var(--line) 0 4px,
      transparent 4px 6px
    );
  }
  .notes .swatch {
    width: 0;
    height: 14px;
    margin-inline: 6px;
    border-radius: 0;
    background: none;
    border-inline-start: 2px dashed var(--secondary-text-color);
  }
  .note-text {
    grid-column: 2 / -1;
    text-align: end;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    unicode-bidi: plaintext;
    line-height: 16px;
  }
  .note-text small {
    display: block;
    font-size: var(--ha-font-size-xs, 10px);
    line-height: 12px;
    color: var(--secondary-text-color);
  }
  .mark {
    position: absolute;
    inset-block: 0;
    width: 9px;
    background: linear-gradient(var(--secondary-text-color) 60%, transparent 0)
      center / 1px 6px repeat-y;
  }
  .mark::before {
    content: "";
    position: absolute;
    inset-block-start: 0;
    left: 1px;
    border: 3.5px solid transparent;
    border-block-start: 6px solid var(--secondary-text-color);
  }
  .figure {
    text-align: end;
    font-variant-numeric: tabular-nums;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    line-height: 16px;
  }
  .figure small {
    display: block;
    font-size: var(--ha-font-size-xs, 10px);
    line-height: 12px;
    color: var(--secondary-text-color);
  }
  .figure.now {
    font-weight: var(--ha-font-weight-medium, 500);
  }
  @container (max-width: 560px) {
    .entry {
      grid-template-columns: repeat(4, minmax(0, 1fr));
      padding-block-end: 6px;
    }
    .who {
      grid-column: 1 / -1;
    }
    .figure,
    .note-text {
      text-align: start;
    }
    .note-text {
      grid-column: 1 / -1;
    }
  }
  .note {
    display: flex;
    gap: 6px;
    align-items: center;
    --mdc-icon-size: 16px;
  }
  .note ha-icon {
    flex: none;
  }

  /* What uPlot needs of its own style sheet. */
  .uplot,
  .uplot * {
    box-sizing: border-box;
  }
  .u-wrap {
    position: relative;
    user-select: none;
  }
  .u-over,
  .u-under,
  .u-axis {
    position: absolute;
  }
  .u-over {
    cursor: grab;
    touch-action: pan-y;
  }
  .u-over:active {
    cursor: grabbing;
  }
  .u-under {
    overflow: hidden;
  }
  .uplot canvas {
    display: block;
    position: relative;
    width: 100%;
    height: 100%;
  }
  .u-select {
    display: none;
  }
  .u-cursor-x,
  .u-cursor-pt {
    position: absolute;
    inset-block-start: 0;
    left: 0;
    pointer-events: none;
  }
  .u-cursor-x {
    height: 100%;
    border-right: 1px solid var(--secondary-text-color);
  }
  .u-cursor-pt {
    border: 0 solid;
    border-radius: 50%;
    background-clip: padding-box !important;
  }
  .u-off {
    display: none;
  }
`;var et=[1,24,168,720,8760],tt=24,nt=3600,st=2,rt=600,Y=10,it=1e4,ot=5,ze=["#4269d0","#f4bd4a","#ff725c","#6cc5b0","#a463f2"],K=class extends ue{zoom(s,e=this.#e()){let n=me(D(this.view,s,e),0,S());this.look(n,this.milliseconds/1e3)}#e(){let{start:s,end:e}=this.view;return this.isLive?e:(s+e)/2}},y=class extends re{constructor(){super(...arguments);this.blocks=[];this.compare="none";this.concealed=new Set;this.areNotesShown=!0;this.isBusy=!1;this.isRecorder=!1;this.newest=[];this.#e=new K(this,it,e=>{this.#m(e)});this.#n=[];this.#r=[];this.#i=!1;this.#s={}}static{this.styles=[ae,le,se,Te]}#e;#o;#n;#r;#t;#i;#s;setConfig(e){super.setConfig(e),this.#n=we(e),this.compare=$.find(n=>n===e.compare)??"none",this.concealed=new Set,this.#b(),this.#e.show(Number(e.hours)||tt)}connectedCallback(){super.connectedCallback(),this.#e.moveOn()}disconnectedCallback(){super.disconnectedCallback(),this.#t?.destroy(),this.#t=void 0}renderCard(e,n){let{language:t}=e.locale,i=A(t);if(!this.#n.length)return E("mdi:chart-line",i("none"),i("none_detail"));let{failure:o}=this,{lines:a,earlier:d}=this.#g(),l=!a.some(u=>U(u,this.#e.view)),c=this.blocks.length?te(o?.code):"loading";if(l&&c)return ne(t,c,i("refused_detail"),ot);if(l&&o)return ct(o,i);let m=this.#n.map((u,f)=>this.#k(e,f)),h=j(this.blocks,this.#e.view);return g`
      ${this.#a(e,n,m,a,i)}
      ${this.#d(e,i)}
      <div class="chart ${this.isSized?"fills":""}">
        <div
          class="plot"
          role="img"
          title=${i("help")}
          aria-label=${i("chart",{names:m.join(", ")})}
        ></div>
        ${l?g`<div class="over">${i("empty")}</div>`:v}
        ${this.isBusy?g`<div class="busy"></div>`:v}
      </div>
      <ul class="legend">
        ${a.map((u,f)=>this.#u(e,m,f,u,i,!1))}
        ${d.map((u,f)=>this.concealed.has(f)||this.compare==="none"?v:this.#u(e,m,f,u,i,!0))}
        ${this.#x(e,h,i)}
      </ul>
      ${this.isRecorder?g`<div class="note">
              <ha-icon icon="mdi:information-outline"></ha-icon>
              <span>${i("recorder")}</span>
            </div>`:v}
      ${o?g`<div class="note error" role="alert">
              <ha-icon icon="mdi:alert-circle-outline"></ha-icon>
              <span
                >${i(o.code==="store_missing"?"no_store":"failed")}</span
              >
            </div>`:v}
    `}#a(e,n,t,i,o){let a=t.length===1?t[0]:void 0;return oe("mdi:chart-line",n.name??a??o("title"),this.#l(e,o),de("mdi:download",o("save"),()=>{dt(Me(t.map((d,l)=>lt(d,this.#c(e,l))),i,this.#e.view))}))}#l(e,n){let{start:t,end:i}=this.#e.view,o=i-t>2160*nt,a=d=>R(d,e.locale,{day:"numeric",month:"short",...o?{year:"numeric"}:{hour:"numeric",minute:"2-digit"}});return`${a(t)} – ${this.#e.isLive?n("now").toLocaleLowerCase():a(i)}`}#d(e,n){return g`<div class="tools">
      ${ce(e.locale.language,et,this.#e)}
      <select
        aria-label=${n("compare")}
        @change=${t=>{this.compare=t.target.value,this.#b()}}
      >
        ${$.map(t=>g`<option value=${t} ?selected=${t===this.compare}>
              ${n(`compare_${t}`)}
            </option>`)}
      </select>
    </div>`}#u(e,n,t,i,o,a){let d=this.#c(e,t),l=U(i,this.#e.view),c=!this.concealed.has(t),m=this.pointed===void 0?void 0:Se(i,this.pointed),h=p=>p===void 0?"–":`${C(p,e.locale)} ${d}`.trim(),u=(p,M)=>g`<span class="figure ${p==="last"||p==="at"?"now":""}"
        ><small>${o(p)}</small>${h(M)}</span
      >`,f=n[t]??"",k=g`<span
      class="swatch"
      style=${ie({"--line":this.#f(t)})}
    ></span>`;return g`<li class="entry ${a?"earlier":""}">
      ${a?g`<span class="who"
              >${k}<span
                >${f} · ${o(`compare_${this.compare}`)}</span
              ></span
            >`:g`<button
              class="who"
              aria-pressed=${c?"true":"false"}
              @click=${()=>{let p=new Set(this.concealed);p.delete(t)||p.add(t),this.concealed=p}}
            >
              ${k}<span>${f}</span>
            </button>`}
      ${this.pointed===void 0?u("last",this.#e.isLive&&!a?this.newest[t]??l?.last:l?.last):u("at",m)}${u("min",l?.min)}${u("mean",l?.mean)}${u("max",l?.max)}
    </li>`}#x(e,n,t){if(!n.length)return v;let i=this.pointed===void 0?n.at(-1):Re(n,this.pointed,this.#e.view);return g`<li class="entry notes">
      <button
        class="who"
        aria-pressed=${this.areNotesShown?"true":"false"}
        @click=${()=>{this.areNotesShown=!this.areNotesShown}}
      >
        <span class="swatch"></span
        ><span>${t("notes",{count:n.length})}</span>
      </button>
      ${i?g`<span class="note-text" title=${i.detail??v}
              ><small>${J(i.time,e.locale)}</small
              >${i.title}</span
            >`:v}
    </li>`}updated(e){super.updated(e);let n=this.renderRoot.querySelector(".plot");this.#t&&this.#t.element!==n&&(this.#t.destroy(),this.#t=void 0),n&&!this.#t?this.#v(n):(this.#o!==this.#e.view||[...e.keys()].some(t=>t!=="pointed"))&&this.#h(),this.hass&&!this.blocks.length&&!this.isBusy&&!this.failure&&this.#m()}async#v(e){if(!this.#i){this.#i=!0;try{let{default:n}=await import("./uPlot.esm-55ILGBXB.js");e.isConnected&&!this.#t&&(this.#t=new O(e,n,{pan:t=>{this.#e.pan(t)},zoom:(t,i)=>{this.#e.zoom(t,i)},point:t=>{this.pointed=t}}),this.#h(),this.#m())}finally{this.#i=!1}}}#h(){let{hass:e,config:n}=this;if(!e||!n||!this.#t)return;this.#o=this.#e.view;let{lines:t,earlier:i}=this.#g(),o=this.compare!=="none",a=[...t.map((d,l)=>this.#p(e,l,!1)),...o?t.map((d,l)=>this.#p(e,l,!0)):[]];this.#t.draw({view:this.#e.view,...X(o?[...t,...i]:t),looks:a,hasBand:n.band!==!1,notes:this.areNotesShown?j(this.blocks,this.#e.view):[],locale:e.locale})}#p(e,n,t){return{label:String(n),color:this.#f(n),unit:this.#c(e,n),isShown:!this.concealed.has(n),isEarlier:t}}#f(e){return getComputedStyle(this).getPropertyValue(`--color-${e+1}`).trim()||(ze[e%ze.length]??"")}#k(e,n){let t=this.#n[n],i=t&&L(t);return t?.name??(i?De(e.states[i]?.attributes.friendly_name)??i:this.#r[n]??q(...Object.values(t?.address??{}).map(String)))}#c(e,n){let t=this.#n[n],i=t&&e.states[L(t)??""]?.attributes;return t?.unit??De(i?.unit_of_measurement)??""}#g(){return _e(this.blocks,this.#e.view,this.#y(),this.#n.length)}#y(){let e=this.#t?.element.clientWidth??300;return F(this.#e.view.end-this.#e.view.start,Math.min(rt,Math.max(60,e/st)))}#b(){this.#s={},this.blocks=[],this.failure=void 0,this.isBusy=!1,this.isRecorder=!1}async#m(e=!1){if(this.isBusy||!this.hass||!this.#n.length)return;let n=this.#s;this.isBusy=!0;let t=this.#w(e),i=this.#e.isLive?Ne(this.hass,this.#n):[];for(;t;){let{range:a,width:d}=t,{block:l,labels:c,isRecorder:m,failure:h}=await Ae(this.hass,this.#n,a,d,this.compare,this.config?.notes!==!1);if(n!==this.#s)return;this.failure=h,(!h||!this.blocks.length||at(l))&&(this.isRecorder=m,this.#r=c,this.blocks=ke(this.blocks,l)),t=h?void 0:this.#w(!1)}let o=await i;n===this.#s&&(this.newest=o,this.isBusy=!1)}#w(e){let{blocks:n}=this,{view:t}=this.#e,i=this.#y();if(e||!W(n,t,i,S()))return{range:I(t,i,S()),width:i};let o=(t.end-t.start)*Y,a=D(t,Y,(t.start+t.end)/2),d=F(o,o/Y/x(i));return this.preview||W(n,a,d,S())?void 0:{range:I(a,d,S()),width:d}}};b([w()],y.prototype,"blocks",2),b([w()],y.prototype,"compare",2),b([w()],y.prototype,"concealed",2),b([w()],y.prototype,"areNotesShown",2),b([w()],y.prototype,"pointed",2),b([w()],y.prototype,"isBusy",2),b([w()],y.prototype,"isRecorder",2),b([w()],y.prototype,"newest",2),b([w()],y.prototype,"failure",2);function at({lines:r}){return r.some(({time:s})=>s.length)}function De(r){return typeof r=="string"?r:void 0}function lt(r,s){return s?`${r} (${s})`:r}function dt(r){let s=document.createElement("a");s.href=URL.createObjectURL(new Blob([r],{type:"text/csv"})),s.download="history.csv",s.click(),URL.revokeObjectURL(s.href)}function ct(r,s){return r.code==="store_missing"?E("mdi:database-off",s("no_store"),s("no_store_detail")):E("mdi:alert-circle",s("failed"),r.message)}var mt={tag:"maestra-history-card",element:y,form:Ce,stub:Ee},Ut=mt;export{Ut as default};
