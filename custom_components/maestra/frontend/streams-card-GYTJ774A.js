import{a as ee,b as te}from"./chunk-ENWRINFZ.js";import{a as j,c as U}from"./chunk-7HDXJG7X.js";import{a as K}from"./chunk-LY2HC5TF.js";import{a as S}from"./chunk-CQMMQSKE.js";import"./chunk-MUM5PN7O.js";import{a as k}from"./chunk-6QXXSAK5.js";import{a as T,b as z,c as O,e as x,f as L}from"./chunk-H4HRM4CU.js";import{a as Y,c as Q}from"./chunk-J43EKMMP.js";import{a as X}from"./chunk-EIPD6CFP.js";import{a as V,e as W}from"./chunk-2AN5FD5T.js";import{g as q,i as B,l as F,m as J,n as Z}from"./chunk-36TFBGEQ.js";import{a as G,b as c,c as A,e as m,i as b}from"./chunk-6QWE7WWO.js";import"./chunk-QCXDA7CQ.js";import{a as D}from"./chunk-OUEOOLBF.js";import{a as g}from"./chunk-JFKSI6I7.js";var C=class{constructor(a){this.host=a;this.width=0;a.addController(this)}#e;hostConnected(){this.#e=new ResizeObserver(([a])=>{let t=Math.round(a?.contentRect.width??0);t!==this.width&&(this.width=t,this.host.requestUpdate())}),this.#e.observe(this.host)}hostDisconnected(){this.#e?.disconnect()}};var R=["graph","list"],re={ndi:"mdi:video",audio:"mdi:waveform",video:"mdi:filmstrip",texture:"mdi:image",sensor:"mdi:chart-bell-curve",osc:"mdi:tune-vertical",midi:"mdi:piano",data:"mdi:code-json",srt:"mdi:video-wireless",spout:"mdi:monitor-share",syphon:"mdi:monitor-share"};function H({type:s}){return Object.hasOwn(re,s)?re[s]??"":"mdi:transit-connection-variant"}function N(s){return s.multicast_group===null?ne(s.address,s.port):ne(s.multicast_group,s.multicast_port??s.port)}function ne(s,a){return s.includes(":")&&!s.startsWith("[")?`[${s}]:${a}`:`${s}:${a}`}function ie(s,a){return[...s].filter(t=>t!==null).filter(t=>!a||t.type===a).sort((t,e)=>E(t.publisher,e.publisher)||E(t.name,e.name)||E(t.type,e.type))}function E(s,a){return s===a?0:z.compare(s,a)}function oe(s,a){let t=a.trim().toLocaleLowerCase();return t?s.filter(e=>[e.name,e.type_name,e.type,e.publisher,e.protocol,N(e),...e.consumers.flatMap(({name:r,address:n})=>[r,n])].some(r=>r.toLocaleLowerCase().includes(t))):s}function ae(s){let a=s.consumers.filter(({bytes:t})=>t);return a.length?a.reduce((t,{bytes:e})=>t+(e??0),0):void 0}var fe=12,y=44,w=8,$=[[0,27],[36.5,63.5],[73,100]];function le(s){let a=de(s.map(({publisher:u})=>u)),t=ge(s),e=Math.max(s.length,a.length,t.length);if(!s.length||e>fe)return;let r=e*(y+w)-w,n=P(s.map(u=>({key:u.id,name:u.name,stream:u})),r),i=P(a.map(u=>({key:u,name:u})),r),o=P(t.map(({key:u,name:h,more:f})=>({key:u,name:h,...f?{more:f}:{}})),r),l=M(i),p=M(n),d=M(o);return{height:r,publishers:i,streams:n,consumers:o,curves:[...s.map(({id:u,publisher:h,consumer_count:f})=>({key:`from ${u}`,path:se(0,l.get(h)??0,p.get(u)??0),isLive:f>0,streamId:u})),...t.flatMap(({key:u,streamIds:h})=>h.map(f=>({key:`${f} to ${u}`,path:se(1,p.get(f)??0,d.get(u)??0),isLive:!0,streamId:f})))]}}function ge(s){let a=new Map,t=[];for(let{id:n,consumers:i,consumer_count:o}of s){for(let p of de(i.map(({name:d})=>d))){let d=a.get(p);d?d.push(n):a.set(p,[n])}let l=o-i.length;l>0&&t.push({key:`more ${n}`,name:"",streamIds:[n],more:l})}let e=new Map(s.map(({id:n},i)=>[n,i])),r=({streamIds:n})=>n.reduce((i,o)=>i+(e.get(o)??0),0)/n.length;return[...[...a].map(([n,i])=>({key:`consumer ${n}`,name:n,streamIds:i})),...t].sort((n,i)=>r(n)-r(i))}function P(s,a){let t=s.length*(y+w)-w,e=(a-t)/2;return s.map((r,n)=>({...r,y:e+n*(y+w)}))}function M(s){return new Map(s.map(({key:a,y:t})=>[a,t+y/2]))}function se(s,a,t){let[,e]=$[s],[r]=$[s+1]??$[2],n=(e+r)/2;return`M${e} ${a}C${n} ${a} ${n} ${t} ${r} ${t}`}function de(s){return[...new Set(s)]}var ce={form_name:"Titel",form_stream_type:"Nur Streams dieses Typs",form_view:"Zuerst zeigen",view_graph:"Graph",view_list:"Liste",title:"Streams",refused_detail:"Nur wer alles lesen darf, sieht die Streams.",none:"Keine Streams",none_detail:"Ein Stream erscheint, wenn ein Client ihn ankündigt, und geht 30 Sekunden nach dem letzten Lebenszeichen.",no_match:"Nichts passt",search:"Streams suchen",summary:"{streams} angekündigt · {consumers} empfangen",more:"{count} weitere: suche danach",more_consumers:"{count} weitere",publishers:"Sender",consumers:"Empfänger",receiving:"{count} empfangen",idle:"Niemand empfängt",publisher:"Sender",way:"Protokoll",address:"Adresse",group:"Multicast-Gruppe",advertised:"Angekündigt",heard:"Zuletzt gehört",bytes:"Übertragen",session:"{address} · begann {since}",session_bytes:"{address} · begann {since} · {bytes}",stop:"Beenden",stop_name:"Die Sitzung von {name} beenden",stop_sure:"Wirklich beenden?",cancel:"Abbrechen",request:"Anfordern",request_send:"Anfordern",request_consumer:"Empfänger",request_address:"Adresse des Empfängers",request_port:"Port",preview:"Vorschau",preview_end:"Vorschau beenden",preview_asks:"Wird angefragt",preview_waits:"Wartet auf Daten an {place}",preview_count:"{count} empfangen",preview_ended:"Die Vorschau ist zu Ende.",preview_level:"{level} dB",device:"Gerät"};var pe={form_name:"Title",form_stream_type:"Only streams of this type",form_view:"Show at first",view_graph:"Graph",view_list:"List",title:"Streams",refused_detail:"Only who may read everything sees the streams.",none:"No streams",none_detail:"A stream appears when a client advertises it, and goes 30 seconds after its last sign of life.",no_match:"Nothing matches",search:"Search streams",summary:"{streams} advertised · {consumers} receiving",more:"{count} more: search for them",more_consumers:"{count} more",publishers:"Publishers",consumers:"Consumers",receiving:"{count} receiving",idle:"Nobody receives",publisher:"Publisher",way:"Protocol",address:"Address",group:"Multicast group",advertised:"Advertised",heard:"Last heard",bytes:"Transferred",session:"{address} · began {since}",session_bytes:"{address} · began {since} · {bytes}",stop:"Stop",stop_name:"Stop the session of {name}",stop_sure:"Really stop?",cancel:"Cancel",request:"Request",request_send:"Request",request_consumer:"Consumer",request_address:"Address of the consumer",request_port:"Port",preview:"Preview",preview_end:"End preview",preview_asks:"Asking for it",preview_waits:"Waiting for data at {place}",preview_count:"{count} received",preview_ended:"The preview has ended.",preview_level:"{level} dB",device:"Device"};function _(s){return D({en:pe,de:ce},s)}function ue(s){let a=_(s);return{schema:[...["name","stream_type"].map(t=>({name:t,selector:{text:{}}})),{name:"view",selector:{select:{options:R.map(t=>({value:t,label:a(`view_${t}`)}))}}}],computeLabel:({name:t})=>a(`form_${t}`)}}var I=class{#e="";read(a){let t=(this.#e+a).split(`

`);return this.#e=t.pop()??"",t.flatMap(e=>{let r=new Map(e.split(`
`).map(i=>{let[o="",...l]=i.split(": ");return[o,l.join(": ")]})),n=JSON.parse(r.get("data")??"null");return typeof n=="object"&&n?[{name:r.get("event")??"message",data:n}]:[]})}};function we(s,a){let{name:t,data:e}=a;switch(t){case"info":return{...s,place:`${String(e.local_address)}:${String(e.local_port)}`};case"preview":return{...s,data:e,count:s.count+1};case"error":return{...s,failure:String(e.message)};default:return s}}async function me(s,a,t,e){let r={count:0},n=i=>{e({...r,failure:i})};try{let i=`/api/maestra/streams/${encodeURIComponent(a)}/preview`,o=await s.fetchWithAuth(i,{signal:t});if(!o.ok||!o.body){let{detail:d}=await o.json();n(typeof d=="string"?d:String(o.status));return}let l=new I,p=o.body.pipeThrough(new TextDecoderStream).getReader();for(;;){let{done:d,value:u}=await p.read();if(d)break;r=l.read(u).reduce(we,r),e(r)}r.failure===void 0&&n("")}catch(i){t.aborted||n(String(i))}}var $e=2e3;function he(s){let{power_db:a,rms_level:t,peak_level:e}=s;if(Array.isArray(a)&&a.length>1&&a.every(Number.isFinite))return{kind:"spectrum",values:a};if(typeof t=="number"&&typeof e=="number")return{kind:"level",rms:t,peak:e,decibels:Number(s.rms_db)};let r={...s,_seq:void 0};return{kind:"text",text:JSON.stringify(r,null,1).slice(0,$e)}}var ve=G`
  button.icon[aria-pressed="true"] {
    color: var(--primary-text-color);
    background: var(--maestra-tint);
  }
  .list {
    max-height: 720px;
  }
  .graph {
    position: relative;
    margin: 4px 16px 12px;
  }
  .curves {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    overflow: visible;
  }
  .curves:dir(rtl) {
    transform: scaleX(-1);
  }
  .curves path {
    fill: none;
    stroke: var(--secondary-text-color);
    stroke-opacity: 0.4;
    stroke-width: 1.5;
  }
  .curves path.live {
    stroke: var(--primary-color);
    stroke-opacity: 1;
    stroke-width: 2;
    stroke-dasharray: 6 5;
    animation: flow 1s linear infinite;
  }
  .curves path.dim {
    opacity: 0.35;
  }
  @keyframes flow {
    to {
      stroke-dashoffset: -11;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .curves path.live {
      animation: none;
    }
  }
  .node {
    position: absolute;
    display: flex;
    align-items: center;
    gap: 8px;
    box-sizing: border-box;
    height: ${y}px;
    padding: 0 10px;
    border-radius: 10px;
    background: var(--maestra-field);
    --mdc-icon-size: 20px;
  }
  .node ha-icon {
    flex: none;
    color: var(--secondary-text-color);
  }
  button.node {
    border: 1.5px solid transparent;
  }
  button.node:hover,
  button.node[aria-expanded="true"] {
    border-color: var(--primary-color);
  }
  button.node.live ha-icon {
    color: var(--primary-color);
  }
  .node .titles .title {
    line-height: 18px;
  }
  .node .titles .subtitle {
    line-height: 14px;
  }
  @container (max-width: 520px) {
    .node ha-icon {
      display: none;
    }
    .node {
      padding: 0 6px;
    }
  }
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .row {
    display: flex;
    align-items: center;
    gap: 12px;
    box-sizing: border-box;
    width: 100%;
    min-height: 52px;
    padding: 4px 16px;
    --mdc-icon-size: 24px;
  }
  .row:hover,
  .row[aria-expanded="true"] {
    background: var(--maestra-field);
  }
  .row:focus-visible {
    outline-offset: -2px;
  }
  .row ha-icon {
    flex: none;
    color: var(--secondary-text-color);
  }
  .row.live ha-icon {
    color: var(--primary-color);
  }
  .figures {
    flex: none;
    max-width: 45cqi;
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  .figures .title {
    font-weight: normal;
  }
  @container (max-width: 280px) {
    .figures {
      display: none;
    }
  }
  .detail {
    display: flex;
    flex-direction: column;
    gap: 10px;
    padding: 10px 16px 14px;
  }
  .graph + .detail {
    border-block-start: 1px solid var(--divider-color);
  }
  dd {
    overflow-wrap: anywhere;
    unicode-bidi: plaintext;
  }
  .consumer {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 8px;
    padding: 4px 0;
  }
  .consumer .titles {
    flex: 1 1 140px;
  }
  .consumer .subtitle {
    white-space: normal;
    overflow-wrap: anywhere;
  }
  .actions,
  form {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  form input[type="number"] {
    flex: 0 1 96px;
  }
  .preview {
    display: flex;
    flex-direction: column;
    gap: 6px;
    padding: 10px 12px;
    border-radius: var(--maestra-radius);
    background: var(--maestra-field);
  }
  .preview .spark {
    height: 80px;
  }
  .preview pre {
    margin: 0;
    max-height: 200px;
    overflow: auto;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    font-family: var(--ha-font-family-code, monospace);
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    unicode-bidi: plaintext;
  }
  .level {
    position: relative;
    height: 12px;
    border-radius: 6px;
    overflow: hidden;
    background: var(--divider-color);
  }
  .level span {
    position: absolute;
    inset-block: 0;
    inset-inline-start: 0;
    background: var(--primary-color);
  }
  .level span.peak {
    opacity: 0.4;
  }
  .more {
    padding: 8px 16px;
    color: var(--secondary-text-color);
    font-size: var(--ha-font-size-s, 12px);
  }
`;var _e=8,xe=100,Se=400,ke={graph:"mdi:graph-outline",list:"mdi:format-list-bulleted"},Ce=4,v=class extends F{constructor(){super();this.search="";this.isRequesting=!1;this.isBusy=!1;this.followed={type:"maestra/streams"};this.#e=new C(this);this.#r={all:[]};new K(this,1e3)}static{this.styles=[J,Z,B,U,te,ve]}#e;#t;#r;setConfig(t){super.setConfig(t),this.view=t.view}disconnectedCallback(){super.disconnectedCallback(),this.#n()}refusal(t){return _(t)("refused_detail")}renderThings(t,e,r){let n=_(t.locale.language),i=this.#a(r,e.stream_type),{rows:o}=e.grid_options??{},l=typeof o=="number"&&o<=Ce,p=l||this.#e.width<Se?void 0:le(i),d=p&&this.view!=="list";return c`
      ${this.#l(e,i,p&&(d?"graph":"list"),n)}
      ${i.length?c`${!d&&!l&&i.length>=_e?c`<div class="tools">
                      ${Q(n("search"),this.search,u=>{this.search=u})}
                    </div>`:m}
              <div class="list ${this.isSized?"fills":""}" tabindex="-1">
                ${d?this.#d(t,p,n):this.#c(t,oe(i,this.search),n)}
              </div>`:q("mdi:transit-connection-variant",n("none"),n("none_detail"))}
    `}#a(t,e){let r=this.#r;return(r.things!==t||r.type!==e)&&(this.#r={things:t,type:e,all:ie(t.values(),e)}),this.#r.all}#l(t,e,r,n){let i=e.reduce((o,l)=>o+l.consumer_count,0);return X("mdi:transit-connection-variant",t.name??n("title"),n("summary",{streams:e.length,consumers:i}),r?c`<div class="group">
            ${R.map(o=>Y(ke[o],n(`view_${o}`),()=>{this.view=o},o===r))}
          </div>`:m)}#d(t,e,r){let n=e.streams.find(({key:o})=>o===this.openId)?.stream,i=(o,l,p)=>{let[d,u]=$[o];return S(l,({key:h})=>h,h=>p(h,k({"inset-inline-start":`${d}%`,width:`${u-d}%`,top:`${h.y}px`})))};return c`<div
        class="graph"
        style=${k({height:`${e.height}px`})}
      >
        <svg
          class="curves"
          viewBox="0 0 100 ${e.height}"
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          ${e.curves.map(({path:o,isLive:l,streamId:p})=>A`<path
                class="${l?"live":""} ${n&&n.id!==p?"dim":""}"
                d=${o}
                vector-effect="non-scaling-stroke"
              />`)}
        </svg>
        <div role="group" aria-label=${r("publishers")}>
          ${i(0,e.publishers,({name:o},l)=>c`<div class="node" style=${l} title=${o}>
                <ha-icon icon="mdi:broadcast"></ha-icon>
                <div class="titles"><div class="title">${o}</div></div>
              </div>`)}
        </div>
        <div role="group" aria-label=${r("title")}>
          ${i(1,e.streams,({stream:o},l)=>o?c`<button
                  class="node ${o.consumer_count?"live":""}"
                  style=${l}
                  title=${o.name}
                  aria-expanded=${o===n?"true":"false"}
                  data-stream=${o.name}
                  @click=${()=>{this.#i(o)}}
                >
                  <ha-icon .icon=${H(o)}></ha-icon>
                  <div class="titles">
                    <div class="title">${o.name}</div>
                    <div class="subtitle">${o.type_name}</div>
                  </div>
                </button>`:c``)}
        </div>
        <div role="group" aria-label=${r("consumers")}>
          ${i(2,e.consumers,({name:o,more:l},p)=>{let d=l?r("more_consumers",{count:l}):o;return c`<div class="node" style=${p} title=${d}>
              <ha-icon
                icon=${l?"mdi:dots-horizontal":"mdi:monitor"}
              ></ha-icon>
              <div class="titles"><div class="title">${d}</div></div>
            </div>`})}
        </div>
      </div>
      ${n?this.#s(t,n,r):m}`}#c(t,e,r){if(!e.length)return q("mdi:magnify",r("no_match"));let n=e.slice(0,xe);return c`<ul>
      ${S(n,({id:i})=>i,i=>this.#p(t,i,r))}
      ${e.length>n.length?c`<li class="more">
              ${r("more",{count:e.length-n.length})}
            </li>`:m}
    </ul>`}#p(t,e,r){let n=e.id===this.openId,{consumer_count:i}=e;return c`<li>
      <button
        class="row ${i?"live":""}"
        aria-expanded=${n?"true":"false"}
        data-stream=${e.name}
        @click=${()=>{this.#i(e)}}
      >
        <ha-icon .icon=${H(e)}></ha-icon>
        <div class="titles">
          <div class="title">${e.name}</div>
          <div class="subtitle">
            ${L(e.type_name,e.publisher,N(e))}
          </div>
        </div>
        <div class="figures">
          <div class="title">
            ${i?r("receiving",{count:i}):r("idle")}
          </div>
          <div class="subtitle">
            ${x(e.heard_at,Date.now(),t.locale)}
          </div>
        </div>
      </button>
      ${n?this.#s(t,e,r):m}
    </li>`}#s(t,e,r){let n=d=>x(d,Date.now(),t.locale),i=ae(e),o=e.multicast_group!==null,l=ee([[r("publisher"),e.publisher],[r("way"),e.protocol],[r(o?"group":"address"),N(e)],[r("advertised"),n(e.advertised_at)],[r("heard"),n(e.heard_at)],...i===void 0?[]:[[r("bytes"),O(i,t.locale)]]]),p=e.consumer_count-e.consumers.length;return c`<div class="detail">
      ${l}
      ${e.consumers.length?c`<ul aria-label=${r("consumers")}>
              ${S(e.consumers,({id:d})=>d,d=>this.#u(t,e,d,r))}
              ${p>0?c`<li class="empty">
                      ${r("more_consumers",{count:p})}
                    </li>`:m}
            </ul>`:m}
      ${this.#m(t,e,r)}
      ${this.isRequesting?this.#h(t,e,r):m}
      ${this.reason?c`<div class="error" role="alert">${this.reason}</div>`:m}
      ${this.seen?Re(t,this.seen,r):m}
    </div>`}#u(t,e,{id:r,name:n,address:i,since:o,bytes:l},p){let d={address:i,since:x(o,Date.now(),t.locale)},u=(h,f)=>c`<button
        class="pill danger"
        aria-label=${p("stop_name",{name:n})}
        ?disabled=${this.isBusy}
        @click=${f}
      >
        ${h}
      </button>`;return c`<li class="consumer">
      <div class="titles">
        <div class="title">${n}</div>
        <div class="subtitle">
          ${l?p("session_bytes",{...d,bytes:O(l,t.locale)}):p("session",d)}
        </div>
      </div>
      ${!e.can_control||l===null?m:this.stopping===r?c`${u(p("stop_sure"),()=>{this.#o(t,"stop_session",{session:r})})}<button
                  class="pill"
                  @click=${()=>{this.stopping=void 0}}
                >
                  ${p("cancel")}
                </button>`:u(p("stop"),()=>{this.stopping=r})}
    </li>`}#m(t,e,r){let n=e.device_id,i=[e.can_control&&e.multicast_group===null?c`<button
            class="pill"
            aria-expanded=${this.isRequesting?"true":"false"}
            @click=${()=>{this.isRequesting=!this.isRequesting,this.reason=void 0}}
          >
            ${r("request")}
          </button>`:void 0,e.can_preview?c`<button
            class="pill"
            aria-expanded=${this.seen?"true":"false"}
            @click=${()=>{this.seen?this.#n():this.#v(t,e)}}
          >
            ${r(this.seen?"preview_end":"preview")}
          </button>`:void 0,t.user?.is_admin&&n?c`<button
            class="pill"
            @click=${()=>{W(n)}}
          >
            ${r("device")}
          </button>`:void 0].filter(o=>o!==void 0);return i.length?c`<div class="actions">${i}</div>`:m}#h(t,e,r){let n=i=>r(`request_${i}`);return c`<form
      @submit=${i=>{i.preventDefault();let l=[...new FormData(i.target)].filter(([,p])=>p!=="");this.#o(t,"request_stream",{stream:e.id,...Object.fromEntries(l)})}}
    >
      <input
        class="field"
        name="consumer"
        maxlength="255"
        aria-label=${n("consumer")}
        placeholder=${n("consumer")}
      />
      <input
        class="field"
        name="address"
        required
        maxlength="255"
        aria-label=${n("address")}
        placeholder=${n("address")}
      />
      <input
        class="field"
        name="port"
        type="number"
        min="0"
        max="65535"
        aria-label=${r("request_port")}
        placeholder=${r("request_port")}
      />
      <button class="pill primary" type="submit" ?disabled=${this.isBusy}>
        ${r("request_send")}
      </button>
    </form>`}#i(t){this.openId=t.id===this.openId?void 0:t.id,this.isRequesting=!1,this.stopping=void 0,this.reason=void 0,this.#n()}async#o(t,e,r){let{openId:n}=this;this.isBusy=!0;let i=await V(t,e,r);this.isBusy=!1,this.openId===n&&(this.reason=i,this.stopping=void 0,this.isRequesting&&=i!==void 0)}#v(t,e){let r=new AbortController;this.#t=r,this.seen={count:0},me(t,e.id,r.signal,n=>{this.#t===r&&(this.seen=n)})}#n(){this.#t?.abort(),this.#t=void 0,this.seen=void 0}};g([b()],v.prototype,"view",2),g([b()],v.prototype,"search",2),g([b()],v.prototype,"openId",2),g([b()],v.prototype,"isRequesting",2),g([b()],v.prototype,"isBusy",2),g([b()],v.prototype,"stopping",2),g([b()],v.prototype,"reason",2),g([b()],v.prototype,"seen",2);function Re(s,{data:a,failure:t,place:e,count:r},n){let i=t===void 0?r?n("preview_count",{count:T(r,s.locale,0)}):e?n("preview_waits",{place:e}):n("preview_asks"):t||n("preview_ended");return c`<div class="preview">
    ${a?Ne(s,a,n):m}
    <div class="${t?"error":"subtitle"}" role="status">${i}</div>
  </div>`}function Ne(s,a,t){let e=he(a);switch(e.kind){case"spectrum":return c`<svg
        class="spark"
        viewBox="0 0 100 28"
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        ${A`<path
          d=${j(e.values.map((r,n)=>[n,r]))}
          vector-effect="non-scaling-stroke"
        />`}
      </svg>`;case"level":{let r=(n,i)=>c`<span
          class=${n}
          style=${k({width:`${Math.min(1,i)*100}%`})}
        ></span>`;return c`<div class="level">
          ${r("peak",e.peak)}${r("rms",e.rms)}
        </div>
        <div class="title">
          ${t("preview_level",{level:T(e.decibels,s.locale,1)})}
        </div>`}case"text":return c`<pre tabindex="0">${e.text}</pre>`}}var Te={tag:"maestra-streams-card",element:v,form:ue,stub:()=>({})},ut=Te;export{ut as default};
