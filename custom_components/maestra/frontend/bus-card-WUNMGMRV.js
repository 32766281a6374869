import{a as $}from"./chunk-2XPYYMKX.js";import"./chunk-MUM5PN7O.js";import{b as R,c as F}from"./chunk-2J75UXFI.js";import{a as M}from"./chunk-EIPD6CFP.js";import{e as _,f as C,h as T,k as j,l as k,m as B}from"./chunk-XPKMJQO4.js";import{a as w,b as a,e as c,i as y}from"./chunk-6QWE7WWO.js";import"./chunk-WTRDCAOU.js";import{a as p,f as b,g as v,k as x}from"./chunk-SG5VVMD2.js";import{a as g}from"./chunk-JFKSI6I7.js";async function N(i,n){let{clipboard:e}=navigator;if(e)try{return await e.writeText(n),!0}catch{}let t=document.createElement("textarea");t.value=n,t.className="sr-only",i.append(t),t.select();let s=document.execCommand("copy");return t.remove(),s}var z={form_name:"Titel",form_subject:"Filter zu Beginn",form_subject_helper:"Ein Teil eines Topics, oder ein Muster wie maestra/+/state/#.",title:"Nachrichtenbus",refused_detail:"Nur Administratoren sehen, was Clients sagen.",none:"Noch keine Verbindungen",none_detail:"Füge unter Einstellungen, Geräte & Dienste, Maestra einen Broker hinzu, oder schalte einen Listener ein.",summary:"{in} herein, {out} hinaus je Sekunde",rates:"↓ {in}/s · ↑ {out}/s",clients:"{count} Clients",latency:"{p50} / {p99} ms",latency_title:"Die Hälfte der Nachrichten ist in {p50} ms erledigt, 99 von 100 in {p99} ms",disconnected:"Nicht verbunden",refusals:"Abgewiesen {count}: {reasons}",unsent:"Nicht gesendet {count}",messages:"Nachrichten",filter:"Filter, etwa maestra/+/state/#",pause:"Anhalten",go_on:"Weiter",copy:"Kopieren",copied:"Kopiert",received:"Empfangen",sent:"Gesendet",missed:"{count} kamen zu schnell, um gezeigt zu werden",waiting:"Nachrichten erscheinen hier, während sie vorbeikommen"};var S={form_name:"Title",form_subject:"Filter at first",form_subject_helper:"Part of a topic, or a pattern such as maestra/+/state/#.",title:"Message bus",refused_detail:"Only administrators see what clients say.",none:"No connections yet",none_detail:"Add a broker, or switch on a listener, under Settings, Devices & services, Maestra.",summary:"{in} in, {out} out a second",rates:"↓ {in}/s · ↑ {out}/s",clients:"{count} clients",latency:"{p50} / {p99} ms",latency_title:"Half of the messages are handled in {p50} ms, 99 of 100 in {p99} ms",disconnected:"Not connected",refusals:"Refused {count}: {reasons}",unsent:"Not sent {count}",messages:"Messages",filter:"Filter, such as maestra/+/state/#",pause:"Pause",go_on:"Go on",copy:"Copy",copied:"Copied",received:"Received",sent:"Sent",missed:"{count} passed too fast to be shown",waiting:"Messages appear here as they pass"};function m(i){return x({en:S,de:z},i)}function G(i){let n=m(i);return{schema:["name","subject"].map(e=>({name:e,selector:{text:{}}})),computeLabel:({name:e})=>n(`form_${e}`),computeHelper:({name:e})=>e==="subject"?n("form_subject_helper"):void 0}}function H(i){return[...i].filter(n=>n!==null).sort((n,e)=>e.number-n.number)}function L(i){let[n]=i,e=i.at(-1);return n&&e?n.number-e.number+1-i.length:0}function P(i,n){return i.reduce((e,{rates:t})=>e+(t?.[n]??0),0)}function E(i){return[...i].reverse().map(({time:n,is_incoming:e,gateway:t,place:s,payload:r})=>`${new Date(n*1e3).toISOString()} ${e?"<":">"} ${t} ${s} ${r}`).join(`
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
    flex: 1;
    min-height: 120px;
    height: max(320px, 50vh);
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
`;var I=300,d=class extends j{constructor(){super(...arguments);this.subject="";this.isCopied=!1;this.followed={type:"maestra/traffic"};this.#e=new _(this)}static{this.styles=[k,B,T,A]}#e;#t;setConfig(e){e.subject!==this.config?.subject&&(this.subject=e.subject??""),super.setConfig(e)}willUpdate(e){this.#e.follow(this.hass,this.paused?void 0:{type:"maestra/messages",subject:this.subject}),super.willUpdate(e)}refusal(e){return m(e)("refused_detail")}renderThings(e,t,s){let r=m(e.locale.language),o=[...s.values()].filter(l=>l!==null),u=l=>p(P(o,l),e.locale,.1);return a`
      ${M("mdi:swap-vertical",t.name??r("title"),r("summary",{in:u("messages_in"),out:u("messages_out")}))}
      ${o.length?o.map(l=>this.#n(e,l,r)):C("mdi:lan-disconnect",r("none"),r("none_detail"))}
      ${o.length?this.#i(e,r):c}
    `}#n(e,t,s){let{rates:r,latency_p50:o,latency_p99:u}=t,l=h=>p(h,e.locale,.1),f=o===null||u===null?void 0:{p50:p(o,e.locale),p99:p(u,e.locale)},D=Object.entries(t.reasons).map(([h,O])=>`${h} ${O}`).join(", ");return a`<div class="gateway">
      <span class="dot ${t.connected?"":"failed"}"></span>
      <div class="titles">
        <div class="title">${t.title}</div>
        <div class="subtitle">
          ${b(t.connected?void 0:s("disconnected"),t.dialect,t.clients===null?void 0:s("clients",{count:t.clients}))}
        </div>
      </div>
      <div class="figures">
        <div class="title">
          ${r?s("rates",{in:l(r.messages_in??0),out:l(r.messages_out??0)}):"–"}
        </div>
        <div
          class="subtitle"
          title=${f?s("latency_title",f):c}
        >
          ${f?s("latency",f):c}
        </div>
      </div>
      ${t.refused?a`<div class="error">
              ${s("refusals",{count:t.refused,reasons:D})}
            </div>`:c}
      ${t.unsent?a`<div class="error">
              ${s("unsent",{count:t.unsent})}
            </div>`:c}
    </div>`}#i(e,t){let s=this.paused??this.#s,r=L(s);return a`<div class="tools">
        ${F(t("filter"),this.subject,o=>{clearTimeout(this.#t),this.#t=setTimeout(()=>{this.subject=o,this.paused=void 0},I)})}
        ${R(t(this.paused?"go_on":"pause"),!!this.paused,()=>{this.paused=this.paused?void 0:this.#s})}
        <button
          class="pill"
          ?disabled=${!s.length}
          @click=${()=>{this.#o(s)}}
        >
          ${t(this.isCopied?"copied":"copy")}
        </button>
      </div>
      ${r?a`<div class="note subtitle">
              ${t("missed",{count:r})}
            </div>`:c}
      <ul class="tail" tabindex="0" aria-label=${t("messages")}>
        ${s.length?$(s,({number:o})=>o,o=>this.#r(e,o,t)):a`<li class="empty">${t("waiting")}</li>`}
      </ul>`}#r(e,t,s){return a`<li>
      <span class="meta"
        >${v(t.time,e.locale,{hour:"2-digit",minute:"2-digit",second:"2-digit"})} <span aria-hidden="true">${t.is_incoming?"↓":"↑"}</span
        ><span class="sr-only"
          >${s(t.is_incoming?"received":"sent")}</span
        >
        ${t.gateway}</span
      >
      ${t.place}
      <span class="payload">${t.payload}</span>
    </li>`}get#s(){let{live:e}=this.#e;return e.status==="ready"?H(e.things.values()):[]}async#o(e){this.isCopied=await N(this.renderRoot,E(e)),setTimeout(()=>{this.isCopied=!1},2e3)}};g([y()],d.prototype,"subject",2),g([y()],d.prototype,"paused",2),g([y()],d.prototype,"isCopied",2);var K={tag:"maestra-bus-card",element:d,form:G,stub:()=>({})},xe=K;export{xe as default};
