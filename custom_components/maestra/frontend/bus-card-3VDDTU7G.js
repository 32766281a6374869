import{b as S}from"./chunk-532D4VBB.js";import{a as $}from"./chunk-CQMMQSKE.js";import"./chunk-MUM5PN7O.js";import{a as m,f as b,g as v}from"./chunk-H4HRM4CU.js";import{b as B,c as F}from"./chunk-J43EKMMP.js";import{a as M}from"./chunk-EIPD6CFP.js";import{f as _,g as T,i as C,l as j,m as k,n as R}from"./chunk-36TFBGEQ.js";import{a as w,b as l,e as d,i as f}from"./chunk-6QWE7WWO.js";import"./chunk-QCXDA7CQ.js";import{a as x}from"./chunk-OUEOOLBF.js";import{a as p}from"./chunk-JFKSI6I7.js";async function N(r,i){let{clipboard:e}=navigator;if(e)try{return await e.writeText(i),!0}catch{}let t=document.createElement("textarea");t.value=i,t.className="sr-only",r.append(t),t.select();let s=document.execCommand("copy");return t.remove(),s}var z={form_name:"Titel",form_subject:"Filter zu Beginn",form_subject_helper:"Ein Teil eines Topics, oder ein Muster wie maestra/+/state/#.",title:"Nachrichtenbus",refused_detail:"Nur Administratoren sehen, was Clients sagen.",none:"Noch keine Verbindungen",none_detail:"Füge unter Einstellungen, Geräte & Dienste, Maestra einen Broker hinzu, oder schalte einen Listener ein.",summary:"{in} herein, {out} hinaus je Sekunde",rates:"↓ {in}/s · ↑ {out}/s",clients:"{count} Clients",latency:"{p50} / {p99} ms",latency_title:"Die Hälfte der Nachrichten ist in {p50} ms erledigt, 99 von 100 in {p99} ms",disconnected:"Nicht verbunden",refusals:"Abgewiesen {count}: {reasons}",unsent:"Nicht gesendet {count}",messages:"Nachrichten",filter:"Filter, etwa maestra/+/state/#",pause:"Anhalten",go_on:"Weiter",copy:"Kopieren",copied:"Kopiert",received:"Empfangen",sent:"Gesendet",missed:"{count} kamen zu schnell, um gezeigt zu werden",waiting:"Nachrichten erscheinen hier, während sie vorbeikommen"};var G={form_name:"Title",form_subject:"Filter at first",form_subject_helper:"Part of a topic, or a pattern such as maestra/+/state/#.",title:"Message bus",refused_detail:"Only administrators see what clients say.",none:"No connections yet",none_detail:"Add a broker, or switch on a listener, under Settings, Devices & services, Maestra.",summary:"{in} in, {out} out a second",rates:"↓ {in}/s · ↑ {out}/s",clients:"{count} clients",latency:"{p50} / {p99} ms",latency_title:"Half of the messages are handled in {p50} ms, 99 of 100 in {p99} ms",disconnected:"Not connected",refusals:"Refused {count}: {reasons}",unsent:"Not sent {count}",messages:"Messages",filter:"Filter, such as maestra/+/state/#",pause:"Pause",go_on:"Go on",copy:"Copy",copied:"Copied",received:"Received",sent:"Sent",missed:"{count} passed too fast to be shown",waiting:"Messages appear here as they pass"};function g(r){return x({en:G,de:z},r)}function H(r){let i=g(r);return{schema:["name","subject"].map(e=>({name:e,selector:{text:{}}})),computeLabel:({name:e})=>i(`form_${e}`),computeHelper:({name:e})=>e==="subject"?i("form_subject_helper"):void 0}}function E(r){return[...r].filter(i=>i!==null).sort((i,e)=>e.number-i.number)}function L(r){let[i]=r,e=r.at(-1);return i&&e?i.number-e.number+1-r.length:0}function P(r,i){return r.reduce((e,{rates:t})=>e+(t?.[i]??0),0)}function A(r){return[...r].reverse().map(({time:i,is_incoming:e,gateway:t,place:s,payload:o})=>`${new Date(i*1e3).toISOString()} ${e?"<":">"} ${t} ${s} ${o}`).join(`
`)}var O=w`
  .gateway {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) auto;
    align-items: center;
    gap: 0 12px;
    padding: 6px 16px;
    font-variant-numeric: tabular-nums;
  }
  .gateway .figures {
    text-align: end;
  }
  .gateway .error {
    grid-column: 2 / -1;
    overflow-wrap: anywhere;
  }
  .tools {
    padding-block-start: 8px;
    border-block-start: 1px solid var(--divider-color);
  }
  .tools input[type="search"] {
    flex-basis: 120px;
  }
  .tail {
    flex: 1 1 max(320px, 50vh);
    min-height: 120px;
    overflow-y: auto;
    overflow-x: hidden;
    margin: 0;
    padding: 0 16px 8px;
    list-style: none;
    font-family: var(--ha-font-family-code, monospace);
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    contain: content;
  }
  .tail li {
    padding: 4px 0;
    border-block-end: 1px solid var(--divider-color);
    overflow-wrap: anywhere;
    content-visibility: auto;
    contain-intrinsic-height: auto 40px;
  }
  .meta {
    color: var(--secondary-text-color);
  }
  .payload {
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 4;
    overflow: hidden;
    word-break: break-all;
    color: var(--secondary-text-color);
    unicode-bidi: plaintext;
  }
  .note {
    padding: 0 16px 8px;
  }
`;var K=300,W=30,u=class extends j{constructor(){super(...arguments);this.subject="";this.isCopied=!1;this.isScrolled=!1;this.followed={type:"maestra/traffic"};this.#e=new _(this,!0);this.#n=new S}static{this.styles=[k,R,C,O]}#e;#n;#t;setConfig(e){e.subject!==this.config?.subject&&(this.subject=e.subject??""),super.setConfig(e)}willUpdate(e){this.#e.follow(this.hass,this.paused?void 0:{type:"maestra/messages",subject:this.subject}),super.willUpdate(e)}refusal(e){return g(e)("refused_detail")}renderThings(e,t,s){let o=g(e.locale.language),a=[...s.values()].filter(n=>n!==null),c=n=>m(P(a,n),e.locale,.1);return l`
      ${M("mdi:swap-vertical",t.name??o("title"),o("summary",{in:c("messages_in"),out:c("messages_out")}))}
      ${a.length?a.map(n=>this.#i(e,n,o)):T("mdi:lan-disconnect",o("none"),o("none_detail"))}
      ${a.length?this.#r(e,o):d}
    `}#i(e,t,s){let{rates:o,latency_p50:a,latency_p99:c}=t,n=h=>m(h,e.locale,.1),y=a===null||c===null?void 0:{p50:m(a,e.locale),p99:m(c,e.locale)},D=Object.entries(t.reasons).map(([h,U])=>`${h} ${U}`).join(", ");return l`<div class="gateway">
      <span class="dot ${t.connected?"":"failed"}"></span>
      <div class="titles">
        <div class="title">${t.title}</div>
        <div class="subtitle">
          ${b(t.connected?void 0:s("disconnected"),t.dialect,t.clients===null?void 0:s("clients",{count:t.clients}))}
        </div>
      </div>
      <div class="figures">
        <div class="title">
          ${o?s("rates",{in:n(o.messages_in??0),out:n(o.messages_out??0)}):"–"}
        </div>
        <div
          class="subtitle"
          title=${y?s("latency_title",y):d}
        >
          ${y?s("latency",y):d}
        </div>
      </div>
      ${t.refused?l`<div class="error">
              ${s("refusals",{count:t.refused,reasons:D})}
            </div>`:d}
      ${t.unsent?l`<div class="error">
              ${s("unsent",{count:t.unsent})}
            </div>`:d}
    </div>`}#r(e,t){let s=this.paused??this.#s,o=this.paused||this.isScrolled?s:s.slice(0,W),a=this.#n.keysOf(o.map(({number:n})=>n)),c=L(s);return l`<div class="tools">
        ${F(t("filter"),this.subject,n=>{clearTimeout(this.#t),this.#t=setTimeout(()=>{this.subject=n,this.paused=void 0},K)})}
        ${B(t(this.paused?"go_on":"pause"),!!this.paused,()=>{this.paused=this.paused?void 0:this.#s})}
        <button
          class="pill"
          ?disabled=${!s.length}
          @click=${()=>{this.#a(s)}}
        >
          ${t(this.isCopied?"copied":"copy")}
        </button>
      </div>
      ${c?l`<div class="note subtitle">
              ${t("missed",{count:c})}
            </div>`:d}
      <ul
        class="tail"
        tabindex="0"
        aria-label=${t("messages")}
        @scroll=${({target:n})=>{this.isScrolled=n.scrollTop>0}}
      >
        ${o.length?$(o,({number:n})=>a.get(n),n=>this.#o(e,n,t)):l`<li class="empty">${t("waiting")}</li>`}
      </ul>`}#o(e,t,s){return l`<li>
      <span class="meta"
        >${v(t.time,e.locale,{hour:"2-digit",minute:"2-digit",second:"2-digit"})} <span aria-hidden="true">${t.is_incoming?"↓":"↑"}</span
        ><span class="sr-only"
          >${s(t.is_incoming?"received":"sent")}</span
        >
        ${t.gateway}</span
      >
      ${t.place}
      <span class="payload">${t.payload}</span>
    </li>`}get#s(){let{live:e}=this.#e;return e.status==="ready"?E(e.things.values()):[]}async#a(e){this.isCopied=await N(this.renderRoot,A(e)),setTimeout(()=>{this.isCopied=!1},2e3)}};p([f()],u.prototype,"subject",2),p([f()],u.prototype,"paused",2),p([f()],u.prototype,"isCopied",2),p([f()],u.prototype,"isScrolled",2);var q={tag:"maestra-bus-card",element:u,form:H,stub:()=>({})},_e=q;export{_e as default};
