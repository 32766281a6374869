import{a as $}from"./chunk-PJBMJMR3.js";import"./chunk-MUM5PN7O.js";import{a as m,f as b,g as v}from"./chunk-H4HRM4CU.js";import{b as S,c as B}from"./chunk-J43EKMMP.js";import{a as M}from"./chunk-EIPD6CFP.js";import{e as _,f as T,h as C,k as j,l as k,m as R}from"./chunk-5EVKBBW5.js";import{a as w,b as l,e as d,i as f}from"./chunk-6QWE7WWO.js";import"./chunk-QCXDA7CQ.js";import{a as x}from"./chunk-OUEOOLBF.js";import{a as p}from"./chunk-JFKSI6I7.js";async function F(i,n){let{clipboard:e}=navigator;if(e)try{return await e.writeText(n),!0}catch{}let t=document.createElement("textarea");t.value=n,t.className="sr-only",i.append(t),t.select();let s=document.execCommand("copy");return t.remove(),s}var N={form_name:"Titel",form_subject:"Filter zu Beginn",form_subject_helper:"Ein Teil eines Topics, oder ein Muster wie maestra/+/state/#.",title:"Nachrichtenbus",refused_detail:"Nur Administratoren sehen, was Clients sagen.",none:"Noch keine Verbindungen",none_detail:"Füge unter Einstellungen, Geräte & Dienste, Maestra einen Broker hinzu, oder schalte einen Listener ein.",summary:"{in} herein, {out} hinaus je Sekunde",rates:"↓ {in}/s · ↑ {out}/s",clients:"{count} Clients",latency:"{p50} / {p99} ms",latency_title:"Die Hälfte der Nachrichten ist in {p50} ms erledigt, 99 von 100 in {p99} ms",disconnected:"Nicht verbunden",refusals:"Abgewiesen {count}: {reasons}",unsent:"Nicht gesendet {count}",messages:"Nachrichten",filter:"Filter, etwa maestra/+/state/#",pause:"Anhalten",go_on:"Weiter",copy:"Kopieren",copied:"Kopiert",received:"Empfangen",sent:"Gesendet",missed:"{count} kamen zu schnell, um gezeigt zu werden",waiting:"Nachrichten erscheinen hier, während sie vorbeikommen"};var z={form_name:"Title",form_subject:"Filter at first",form_subject_helper:"Part of a topic, or a pattern such as maestra/+/state/#.",title:"Message bus",refused_detail:"Only administrators see what clients say.",none:"No connections yet",none_detail:"Add a broker, or switch on a listener, under Settings, Devices & services, Maestra.",summary:"{in} in, {out} out a second",rates:"↓ {in}/s · ↑ {out}/s",clients:"{count} clients",latency:"{p50} / {p99} ms",latency_title:"Half of the messages are handled in {p50} ms, 99 of 100 in {p99} ms",disconnected:"Not connected",refusals:"Refused {count}: {reasons}",unsent:"Not sent {count}",messages:"Messages",filter:"Filter, such as maestra/+/state/#",pause:"Pause",go_on:"Go on",copy:"Copy",copied:"Copied",received:"Received",sent:"Sent",missed:"{count} passed too fast to be shown",waiting:"Messages appear here as they pass"};function g(i){return x({en:z,de:N},i)}function G(i){let n=g(i);return{schema:["name","subject"].map(e=>({name:e,selector:{text:{}}})),computeLabel:({name:e})=>n(`form_${e}`),computeHelper:({name:e})=>e==="subject"?n("form_subject_helper"):void 0}}function H(i){return[...i].filter(n=>n!==null).sort((n,e)=>e.number-n.number)}function E(i){let[n]=i,e=i.at(-1);return n&&e?n.number-e.number+1-i.length:0}function L(i,n){return i.reduce((e,{rates:t})=>e+(t?.[n]??0),0)}function P(i){return[...i].reverse().map(({time:n,is_incoming:e,gateway:t,place:s,payload:r})=>`${new Date(n*1e3).toISOString()} ${e?"<":">"} ${t} ${s} ${r}`).join(`
`)}var A=w`
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
`;var I=300,K=50,u=class extends j{constructor(){super(...arguments);this.subject="";this.isCopied=!1;this.isScrolled=!1;this.followed={type:"maestra/traffic"};this.#e=new _(this)}static{this.styles=[k,R,C,A]}#e;#t;setConfig(e){e.subject!==this.config?.subject&&(this.subject=e.subject??""),super.setConfig(e)}willUpdate(e){this.#e.follow(this.hass,this.paused?void 0:{type:"maestra/messages",subject:this.subject}),super.willUpdate(e)}refusal(e){return g(e)("refused_detail")}renderThings(e,t,s){let r=g(e.locale.language),a=[...s.values()].filter(c=>c!==null),o=c=>m(L(a,c),e.locale,.1);return l`
      ${M("mdi:swap-vertical",t.name??r("title"),r("summary",{in:o("messages_in"),out:o("messages_out")}))}
      ${a.length?a.map(c=>this.#n(e,c,r)):T("mdi:lan-disconnect",r("none"),r("none_detail"))}
      ${a.length?this.#i(e,r):d}
    `}#n(e,t,s){let{rates:r,latency_p50:a,latency_p99:o}=t,c=y=>m(y,e.locale,.1),h=a===null||o===null?void 0:{p50:m(a,e.locale),p99:m(o,e.locale)},D=Object.entries(t.reasons).map(([y,O])=>`${y} ${O}`).join(", ");return l`<div class="gateway">
      <span class="dot ${t.connected?"":"failed"}"></span>
      <div class="titles">
        <div class="title">${t.title}</div>
        <div class="subtitle">
          ${b(t.connected?void 0:s("disconnected"),t.dialect,t.clients===null?void 0:s("clients",{count:t.clients}))}
        </div>
      </div>
      <div class="figures">
        <div class="title">
          ${r?s("rates",{in:c(r.messages_in??0),out:c(r.messages_out??0)}):"–"}
        </div>
        <div
          class="subtitle"
          title=${h?s("latency_title",h):d}
        >
          ${h?s("latency",h):d}
        </div>
      </div>
      ${t.refused?l`<div class="error">
              ${s("refusals",{count:t.refused,reasons:D})}
            </div>`:d}
      ${t.unsent?l`<div class="error">
              ${s("unsent",{count:t.unsent})}
            </div>`:d}
    </div>`}#i(e,t){let s=this.paused??this.#s,r=this.paused||this.isScrolled?s:s.slice(0,K),a=E(s);return l`<div class="tools">
        ${B(t("filter"),this.subject,o=>{clearTimeout(this.#t),this.#t=setTimeout(()=>{this.subject=o,this.paused=void 0},I)})}
        ${S(t(this.paused?"go_on":"pause"),!!this.paused,()=>{this.paused=this.paused?void 0:this.#s})}
        <button
          class="pill"
          ?disabled=${!s.length}
          @click=${()=>{this.#o(s)}}
        >
          ${t(this.isCopied?"copied":"copy")}
        </button>
      </div>
      ${a?l`<div class="note subtitle">
              ${t("missed",{count:a})}
            </div>`:d}
      <ul
        class="tail"
        tabindex="0"
        aria-label=${t("messages")}
        @scroll=${({target:o})=>{this.isScrolled=o.scrollTop>0}}
      >
        ${r.length?$(r,({number:o})=>o,o=>this.#r(e,o,t)):l`<li class="empty">${t("waiting")}</li>`}
      </ul>`}#r(e,t,s){return l`<li>
      <span class="meta"
        >${v(t.time,e.locale,{hour:"2-digit",minute:"2-digit",second:"2-digit"})} <span aria-hidden="true">${t.is_incoming?"↓":"↑"}</span
        ><span class="sr-only"
          >${s(t.is_incoming?"received":"sent")}</span
        >
        ${t.gateway}</span
      >
      ${t.place}
      <span class="payload">${t.payload}</span>
    </li>`}get#s(){let{live:e}=this.#e;return e.status==="ready"?H(e.things.values()):[]}async#o(e){this.isCopied=await F(this.renderRoot,P(e)),setTimeout(()=>{this.isCopied=!1},2e3)}};p([f()],u.prototype,"subject",2),p([f()],u.prototype,"paused",2),p([f()],u.prototype,"isCopied",2),p([f()],u.prototype,"isScrolled",2);var W={tag:"maestra-bus-card",element:u,form:G,stub:()=>({})},we=W;export{we as default};
