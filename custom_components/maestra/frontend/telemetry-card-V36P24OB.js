import{a as ee,b as te,c as ne}from"./chunk-5IPYHTWR.js";import{a as V}from"./chunk-PCESMUYX.js";import"./chunk-532D4VBB.js";import{b as B,c as j}from"./chunk-7HDXJG7X.js";import{a as X}from"./chunk-LY2HC5TF.js";import{a as I}from"./chunk-CQMMQSKE.js";import"./chunk-MUM5PN7O.js";import"./chunk-6QXXSAK5.js";import{a as D,e as C,f as b,i as H}from"./chunk-H4HRM4CU.js";import{c as re}from"./chunk-J43EKMMP.js";import{a as Z}from"./chunk-EIPD6CFP.js";import{a as E,f as U}from"./chunk-2AN5FD5T.js";import{f as L,g as A,h as q,i as F,l as W,m as Y,n as J}from"./chunk-36TFBGEQ.js";import{a as G,b as c,e as g,i as w}from"./chunk-6QWE7WWO.js";import"./chunk-QCXDA7CQ.js";import{a as K}from"./chunk-OUEOOLBF.js";import{a as k}from"./chunk-JFKSI6I7.js";var T=["nodes","dead_letters","controllers","certificates"],m="unknown",ye={strike:{locked:{icon:"mdi:lock",says:"locked"},unlocking:{icon:"mdi:lock-clock",says:"unlocking"},unlocked:{icon:"mdi:lock-open-variant",says:"unlocked",isGrave:!0},[m]:{icon:"mdi:lock-question",says:m}},"door-sensor":{off:{icon:"mdi:door-closed",says:"closed"},on:{icon:"mdi:door-open",says:"open",isGrave:!0},[m]:{icon:"mdi:door",says:m}},"motion-sensor":{off:{icon:"mdi:motion-sensor-off",says:"still"},on:{icon:"mdi:motion-sensor",says:"motion",isGrave:!0},[m]:{icon:"mdi:motion-sensor",says:m}},siren:{off:{icon:"mdi:bullhorn-outline",says:"silent"},on:{icon:"mdi:bullhorn",says:"sounding",isGrave:!0},[m]:{icon:"mdi:bullhorn-outline",says:m}},reader:{card_read:{icon:"mdi:card-account-details-outline",says:"card_read"},access_granted:{icon:"mdi:account-check",says:"granted"},access_denied:{icon:"mdi:account-cancel",says:"denied",isGrave:!0},[m]:{icon:"mdi:card-account-details-outline",says:"nobody"}},"exit-button":{pressed:{icon:"mdi:gesture-tap-button",says:"pressed"},released:{icon:"mdi:gesture-tap-button",says:"released"},[m]:{icon:"mdi:gesture-tap-button",says:"nobody"}},sensor:{[m]:{icon:"mdi:gauge",says:m}}};function z({kind:i,state:a,event:t}){let e=ye[i],r=t??a??m;return Object.hasOwn(e,r)&&e[r]||e[m]}var ge=5*6e4;function O({last_seen:i},a){return!i||a-Date.parse(i)>ge}var he=5;function S(i){return i!==null&&Math.abs(i)>he}function P(i,a,t){let e=a.trim().toLocaleLowerCase(),r=[...i].filter(n=>n!==null).filter(({id:n,latest:s})=>!e||[n,s?.label].some(l=>l?.toLocaleLowerCase().includes(e))).sort((n,s)=>n.id.localeCompare(s.id)),o=new Set(r.filter(n=>O(n,t)));return[...o,...r.filter(n=>!o.has(n))]}function se(i){return[...i].filter(a=>a!==null).sort((a,t)=>t.timestamp.localeCompare(a.timestamp))}var _e=864e5,be=30;function ve(i,a,t){let e=Math.floor((Date.parse(a.expires_at)-t)/_e);return{...a,name:i,days:e,gravity:e<0?"over":a.is_due&&e<be?"soon":"fine"}}function oe(i,a){return[...i].flatMap(([t,e])=>e?[ve(t,e,a)]:[]).sort((t,e)=>t.days-e.days||t.name.localeCompare(e.name))}var ie={form_name:"Titel",form_parts:"Nur zeigen",part_nodes:"QS-Knoten",part_dead_letters:"Unzustellbares",part_controllers:"F2-Controller",part_certificates:"Zertifikate",title:"Telemetrie",refused_detail:"Nur wer alles lesen darf, sieht Knoten und Controller.",none:"Noch keine Telemetrie",none_detail:"Lass einen Broker QS oder F2 tragen, unter Einstellungen, Geräte & Dienste, Maestra. Gehörte Knoten erscheinen hier von selbst.",summary_nodes:"Knoten {count}",summary_controllers:"Controller {count}",summary_letters:"Unzustellbar {count}",search:"Knoten suchen",no_match:"Nichts passt",node_online:"Gehört",node_quiet:"Seit Minuten nicht gehört",never:"Nie gehört",rate:"{rate}/min",behind:"Uhr {span} zurück",ahead:"Uhr {span} voraus",letters:"Abgewiesen {count}",reused:"Kennungen doppelt {count}",replay:"Noch einmal",replay_name:"Noch einmal, was {name} gesendet hat",cut:"Zu groß, um ganz bewahrt zu werden",payload:"Was gesendet wurde",more:"Alle {count} zeigen",fewer:"Weniger zeigen",controller_online:"Online",controller_away:"Offline",controller_unknown:"Noch nicht gehört",kind_strike:"Tür {number}","kind_door-sensor":"Türkontakt {number}","kind_exit-button":"Ausgangstaster {number}",kind_reader:"Leser {number}",kind_siren:"Sirene {number}","kind_motion-sensor":"Bewegungsmelder {number}",kind_sensor:"Sensor {number}",says_locked:"Verriegelt",says_unlocking:"Entriegelt sich",says_unlocked:"Entriegelt",says_closed:"Geschlossen",says_open:"Offen",says_still:"Niemand",says_motion:"Bewegung",says_silent:"Still",says_sounding:"Ertönt",says_card_read:"Karte gelesen",says_granted:"Eingelassen",says_denied:"Abgewiesen",says_nobody:"Noch nichts",says_pressed:"Gedrückt",says_released:"Losgelassen",says_unknown:"Nicht bekannt",no_values:"Keine Werte",unlock:"Entriegeln",lock:"Verriegeln",sound:"Auslösen",sound_sure:"Wirklich auslösen?",silence:"Abstellen",do_name:"{action}: {name}",cancel:"Abbrechen",certificate_authority:"Zertifizierungsstelle",certificate_broker:"Broker",certificate_own:"Maestra selbst",days_left:"noch {days} Tage",days_left_short:"Zertifikat: {days} Tage",over:"Abgelaufen",alert_quiet:"Stille Knoten {count}",alert_adrift:"Falsche Uhren {count}",alert_away:"Controller offline {count}",alert_ending:"Bald ablaufende Zertifikate {count}",all_well:"Alles in Ordnung"};var ae={form_name:"Title",form_parts:"Show only",part_nodes:"QS nodes",part_dead_letters:"Dead letters",part_controllers:"F2 controllers",part_certificates:"Certificates",title:"Telemetry",refused_detail:"Only who may read everything sees nodes and controllers.",none:"No telemetry yet",none_detail:"Let a broker carry QS or F2, under Settings, Devices & services, Maestra. Nodes that are heard appear here by themselves.",summary_nodes:"Nodes {count}",summary_controllers:"Controllers {count}",summary_letters:"Dead letters {count}",search:"Search nodes",no_match:"Nothing matches",node_online:"Heard",node_quiet:"Not heard for minutes",never:"Never heard",rate:"{rate}/min",behind:"clock {span} behind",ahead:"clock {span} ahead",letters:"Refused {count}",reused:"Ids used twice {count}",replay:"Try again",replay_name:"Try again what {name} sent",cut:"Too large to be kept as a whole",payload:"What was sent",more:"Show all {count}",fewer:"Show fewer",controller_online:"Online",controller_away:"Offline",controller_unknown:"Not heard yet",kind_strike:"Door {number}","kind_door-sensor":"Door contact {number}","kind_exit-button":"Exit button {number}",kind_reader:"Reader {number}",kind_siren:"Siren {number}","kind_motion-sensor":"Motion sensor {number}",kind_sensor:"Sensor {number}",says_locked:"Locked",says_unlocking:"Unlocking",says_unlocked:"Unlocked",says_closed:"Closed",says_open:"Open",says_still:"Nobody",says_motion:"Motion",says_silent:"Silent",says_sounding:"Sounding",says_card_read:"Card read",says_granted:"Let in",says_denied:"Turned away",says_nobody:"Nothing yet",says_pressed:"Pressed",says_released:"Released",says_unknown:"Not known",no_values:"No values",unlock:"Unlock",lock:"Lock",sound:"Sound",sound_sure:"Really sound?",silence:"Silence",do_name:"{action}: {name}",cancel:"Cancel",certificate_authority:"Certificate authority",certificate_broker:"Broker",certificate_own:"Maestra itself",days_left:"{days} days left",days_left_short:"certificate: {days} days",over:"Expired",alert_quiet:"Quiet nodes {count}",alert_adrift:"Wrong clocks {count}",alert_away:"Controllers offline {count}",alert_ending:"Certificates that end soon {count}",all_well:"All is well"};function R(i){return K({en:ae,de:ie},i)}function le(i){let a=R(i);return{schema:[{name:"name",selector:{text:{}}},{name:"parts",selector:{select:{multiple:!0,options:T.map(t=>({value:t,label:a(`part_${t}`)}))}}}],computeLabel:({name:t})=>a(`form_${t}`)}}var de=G`
  .body {
    flex: 1 1 auto;
    min-height: 0;
    padding-block-end: 8px;
  }
  .body.fills {
    overflow-y: auto;
  }
  .list {
    max-height: 364px;
  }
  .metric {
    max-width: 32cqi;
  }
  h3 {
    margin: 0;
    padding: 8px 16px 4px;
    font-size: var(--ha-font-size-s, 12px);
    font-weight: var(--ha-font-weight-medium, 500);
    line-height: 16px;
    color: var(--secondary-text-color);
  }
  .bad {
    color: color-mix(
      in srgb,
      var(--error-color) 70%,
      var(--primary-text-color)
    );
  }
  .letter {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 12px;
    padding: 6px 16px;
  }
  .letter .about {
    flex: 1 1 160px;
    min-width: 0;
  }
  .letter .error,
  .letter details {
    flex-basis: 100%;
    min-width: 0;
  }
  summary {
    cursor: pointer;
    font-size: var(--ha-font-size-s, 12px);
    color: var(--secondary-text-color);
  }
  pre {
    margin: 4px 0 0;
    max-height: 160px;
    overflow: auto;
    padding: 8px;
    border-radius: 8px;
    background: var(--maestra-field);
    font-family: var(--ha-font-family-code, monospace);
    font-size: var(--ha-font-size-s, 12px);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .controller {
    display: flex;
    align-items: center;
    gap: 12px;
    padding: 6px 16px;
  }
  .parts {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(180px, 100%), 1fr));
    gap: 8px;
    padding: 2px 12px 8px;
  }
  .part {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    min-width: 0;
    padding: 8px;
    border-radius: var(--maestra-radius);
    background: var(--maestra-field);
  }
  .part .look {
    flex: 1 1 90px;
    display: flex;
    align-items: center;
    gap: 10px;
    min-width: 0;
  }
  .part .badge {
    width: 32px;
    height: 32px;
    --mdc-icon-size: 20px;
  }
  .part.sensor {
    grid-column: 1 / -1;
  }
  .part.sensor .subtitle {
    white-space: normal;
  }
  .part.grave .badge {
    color: var(--warning-color);
    background: color-mix(in srgb, var(--warning-color) 20%, transparent);
  }
  .part button.pill {
    background: var(--card-background-color);
  }
  .part button.pill.primary {
    background: color-mix(in srgb, var(--primary-color) 70%, #000);
  }
  .part .error {
    flex-basis: 100%;
  }
  .block {
    display: block;
  }
  .ending {
    display: flex;
    gap: 12px;
    justify-content: space-between;
    padding: 4px 16px;
  }
  .ending .title {
    font-weight: normal;
  }
  .ending .days {
    flex: none;
    font-variant-numeric: tabular-nums;
  }
  .ending.soon .days {
    color: color-mix(
      in srgb,
      var(--warning-color) 50%,
      var(--primary-text-color)
    );
  }
  .ending.over .days {
    color: color-mix(
      in srgb,
      var(--error-color) 70%,
      var(--primary-text-color)
    );
  }
`;var xe=8,ce=3,$e=24,Ce=24,me=new Map,h=class extends W{constructor(){super();this.search="";this.scrolled=0;this.whole=new Set;this.busy=new Set;this.errors={};this.followed={type:"maestra/qs_nodes"};this.#n=new L(this);this.#e=new L(this);this.#t=new L(this);this.#r=new V(this,$e,Ce);new X(this,5e3)}static{this.styles=[Y,J,F,j,ne,de]}#n;#e;#t;#r;willUpdate(t){let{hass:e}=this;this.#n.follow(e,e?.user?.is_admin?{type:"maestra/qs_dead_letters"}:void 0),this.#e.follow(e,{type:"maestra/f2_controllers"}),this.#t.follow(e,{type:"maestra/certificates"}),super.willUpdate(t)}refusal(t){return R(t)("refused_detail")}renderThings(t,e,r){let{language:o}=t.locale,n=R(o);if([this.#e.live,this.#t.live].some(({status:f})=>f==="loading"))return q(o,"loading","",this.likely);let l=new Set(e.parts?.length?e.parts:T),u=(f,N)=>l.has(f)?N:me,d=Date.now(),p=P(u("nodes",r).values(),"",d),_=se(u("dead_letters",Q(this.#n.live)).values()),y=[...u("controllers",Q(this.#e.live)).values()].filter(f=>f!==null),$=oe(Q(this.#t.live),d),x=l.has("certificates")?$:[],v=![p,_,y,x].some(({length:f})=>f);if(v&&!this.isSmall)return A("mdi:access-point-off",n("none"),n("none_detail"));let M=(f,N)=>N?n(`summary_${f}`,{count:N}):void 0,fe=Se(p,y,x,d,n);return c`
      ${Z("mdi:access-point",e.name??n("title"),v?n("none"):b(M("nodes",p.length),M("controllers",y.length),M("letters",_.length)))}
      ${this.isSmall?c`<div class="note">${fe||n("all_well")}</div>`:c`<div class="body ${this.isSized?"fills":""}">
              ${this.#a(t,p,d,n)}
              ${this.#d(t,_,n)}
              ${y.length?c`<h3>${n("part_controllers")}</h3>
                      ${I(y,({certificate:f})=>f,f=>this.#u(t,f,$,n))}`:g}
              ${this.#f(x,y,n)}
            </div>`}
    `}#a(t,e,r,o){if(!e.length)return g;let n=this.search?P(e,this.search,r):e,s={at:this.scrolled,moved:d=>{this.scrolled=d}},{first:l,shown:u}=ee(this.renderRoot,n,s);return this.#r.follow(t,u.flatMap(({latest:d})=>d?.entity_id??[])),c`<h3>${o("part_nodes")}</h3>
      ${e.length>xe?c`<div class="tools">
              ${re(o("search"),this.search,d=>{this.search=d})}
            </div>`:g}
      ${n.length?te(n.length,l,u.map(d=>this.#l(t,d,r,o)),s,!1):A("mdi:magnify",o("no_match"))}`}#l(t,e,r,o){let{locale:n}=t,{latest:s}=e,l=O(e,r),u=s?.value,d=ue(e.drift,t,o),p=e.last_seen?C(e.last_seen,r,n):o("never");return{key:e.id,status:l?"offline":S(e.drift)||e.ids_reused?"waiting":"online",statusName:o(l?"node_quiet":"node_online"),title:t.devices[e.device_id??""]?.name_by_user??e.id,subtitle:b(l?p:void 0,S(e.drift)?d:void 0,e.per_minute===null?void 0:o("rate",{rate:D(e.per_minute,n,1)}),S(e.drift)?void 0:d,e.dead_letters?o("letters",{count:e.dead_letters}):void 0,e.ids_reused?o("reused",{count:e.ids_reused}):void 0,l?void 0:p),trend:typeof u=="number"?B(this.#r.of(s?.entity_id),u):void 0,value:s?{text:pe(s,t),label:s.label}:void 0,deviceId:t.user?.is_admin?e.device_id:void 0}}#d(t,e,r){return this.#s("dead_letters",e,ce,r,o=>this.#c(t,o,r))}#c(t,e,r){let{id:o}=e;return c`<div class="letter" data-letter=${o}>
      <div class="about">
        <div class="title">${e.error}</div>
        <div class="subtitle">
          ${b(e.device_id??e.topic,C(e.timestamp,Date.now(),t.locale),e.is_cut?r("cut"):void 0)}
        </div>
      </div>
      ${e.is_cut?g:c`<button
              class="pill"
              aria-label=${r("replay_name",{name:e.device_id??e.topic})}
              ?disabled=${this.busy.has(o)}
              @click=${()=>{this.#i(o,()=>E(t,"replay_dead_letter",{dead_letter:o}))}}
            >
              ${r("replay")}
            </button>`}
      <details>
        <summary>${r("payload")}</summary>
        <pre tabindex="0">${e.payload}</pre>
      </details>
      ${this.#o(o)}
    </div>`}#u(t,e,r,o){let{certificate:n,device_id:s,is_online:l}=e,u=r.find(({name:p})=>p===n),d=l===null?"controller_unknown":l?"controller_online":"controller_away";return c`<section data-controller=${n}>
      <div class="controller">
        <span
          class="dot ${l===null?"offline":l?"":"failed"}"
        ></span>
        <div class="about">
          <div class="title">
            ${t.devices[s??""]?.name_by_user??e.name}
          </div>
          <div class="subtitle">
            ${b(o(d),e.last_seen&&C(e.last_seen,Date.now(),t.locale),ue(e.drift,t,o),u&&o("days_left_short",{days:u.days}))}
          </div>
        </div>
      </div>
      <div class="parts">
        ${e.components.map(p=>this.#p(t,n,p,o))}
      </div>
    </section>`}#p(t,e,r,o){let{entity_id:n,kind:s,number:l}=r,u=`${e}/${r.path}`,d=r.name||o(`kind_${s}`,{number:l}),p=z(r),_=r.event&&r.state&&Date.parse(r.state)?r.state:void 0,y=s==="sensor"?b(...r.values.filter(({value:v})=>v!==null).map(v=>`${v.label} ${pe(v,t)}`))||o("no_values"):b(o(`says_${p.says}`),_&&C(_,Date.now(),t.locale)),$=r.values[0]?.entity_id??n,x=c`<span class="badge"
        ><ha-icon .icon=${p.icon}></ha-icon
      ></span>
      <span class="about">
        <span class="title block">${d}</span>
        <span class="subtitle block">${y}</span>
      </span>`;return c`<div
      class="part ${s} ${p.isGrave?"grave":""}"
      data-path=${r.path}
    >
      ${$?c`<button
              class="look"
              @click=${()=>{U(this,$)}}
            >
              ${x}
            </button>`:c`<div class="look">${x}</div>`}
      ${r.can_control?this.#m(t,u,d,r,o):g}
      ${this.#o(u)}
    </div>`}#m(t,e,r,o,n){let s=Te(o);if(!s)return g;let l=this.asking===e,u=(p,_)=>{let y=n(p?"sound_sure":s.key);return c`<button
        class="pill ${p?"danger":""}"
        aria-label=${n("do_name",{action:y,name:r})}
        ?disabled=${this.busy.has(e)}
        @click=${_}
      >
        ${y}
      </button>`},d=()=>{this.asking=void 0,this.#i(e,()=>E(t,s.action,{entity_id:o.entity_id},s.domain))};return s.isAsked?l?c`${u(!0,d)}<button
            class="pill"
            @click=${()=>{this.asking=void 0}}
          >
            ${n("cancel")}
          </button>`:u(!1,()=>{this.asking=e}):u(!1,d)}#f(t,e,r){let o=new Map(e.map(({certificate:s,name:l})=>[s,l])),n=Math.max(ce,t.filter(({gravity:s})=>s!=="fine").length);return this.#s("certificates",t,n,r,s=>c`<div class="ending ${s.gravity}" data-name=${s.name}>
          <div class="title">
            ${s.purpose==="device"?o.get(s.name)??s.name:r(`certificate_${s.purpose}`)}
          </div>
          <div class="title days">
            ${s.gravity==="over"?r("over"):r("days_left",{days:s.days})}
          </div>
        </div>`)}#s(t,e,r,o,n){if(!e.length)return g;let s=this.whole.has(t);return c`<h3>${o(`part_${t}`)}</h3>
      ${(s?e:e.slice(0,r)).map(n)}
      ${e.length>r?c`<div class="tools">
              <button
                class="pill"
                aria-expanded=${s?"true":"false"}
                @click=${()=>{let l=new Set(this.whole);l.delete(t)||l.add(t),this.whole=l}}
              >
                ${s?o("fewer"):o("more",{count:e.length})}
              </button>
            </div>`:g}`}#o(t){let e=this.errors[t];return e?c`<div class="error" role="alert">${e}</div>`:g}async#i(t,e){this.busy=new Set([...this.busy,t]);let r=await e();this.busy=new Set([...this.busy].filter(o=>o!==t)),this.errors={...this.errors,[t]:r}}};k([w()],h.prototype,"search",2),k([w()],h.prototype,"scrolled",2),k([w()],h.prototype,"whole",2),k([w()],h.prototype,"asking",2),k([w()],h.prototype,"busy",2),k([w()],h.prototype,"errors",2);function Te({kind:i,state:a}){switch(i){case"strike":return a==="unlocked"?{key:"lock",domain:"lock",action:"lock"}:{key:"unlock",domain:"maestra",action:"f2_unlock"};case"siren":return a==="on"?{key:"silence",domain:"siren",action:"turn_off"}:{key:"sound",domain:"siren",action:"turn_on",isAsked:!0};default:return}}function Q(i){return i.status==="ready"?i.things:me}function Se(i,a,t,e,r){let o={quiet:i.filter(n=>O(n,e)).length,adrift:i.filter(n=>S(n.drift)).length,away:a.filter(({is_online:n})=>n===!1).length,ending:t.filter(({gravity:n})=>n!=="fine").length};return b(...Object.entries(o).map(([n,s])=>s?r(`alert_${n}`,{count:s}):void 0),...a.flatMap(({components:n})=>n.flatMap(s=>{let l=z(s);return l.isGrave&&s.kind!=="reader"?`${s.name||r(`kind_${s.kind}`,{number:s.number})}: ${r(`says_${l.says}`)}`:[]})))}function ue(i,{locale:a},t){return i===null?void 0:t(i<0?"ahead":"behind",{span:H(Math.abs(i),a)})}function pe({value:i,unit:a,decimals:t},{locale:e}){return typeof i=="number"?`${D(i,e,t??void 0)} ${a??""}`.trim():i??""}var Re={tag:"maestra-telemetry-card",element:h,form:le,stub:()=>({parts:T})},it=Re;export{it as default};
