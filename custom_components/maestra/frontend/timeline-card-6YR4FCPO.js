import{a as F}from"./chunk-GQAWZ7IH.js";import{a as L}from"./chunk-V34WOHE4.js";import{c as K,e as E}from"./chunk-DIBGTBRN.js";import{a as z}from"./chunk-6QXXSAK5.js";import{f as x,g as y,h as f}from"./chunk-H4HRM4CU.js";import{a as D,b,d as W}from"./chunk-J43EKMMP.js";import{a as M}from"./chunk-EIPD6CFP.js";import{a as _}from"./chunk-2AN5FD5T.js";import{e as $,f as H,g as R,h as S,i as T,k as C,m as N,n as O}from"./chunk-36TFBGEQ.js";import{a as k,b as d,e as c,i as u}from"./chunk-6QWE7WWO.js";import"./chunk-QCXDA7CQ.js";import{a as w}from"./chunk-OUEOOLBF.js";import{a as m}from"./chunk-JFKSI6I7.js";var A={form_name:"Titel",form_hours:"Gezeigte Stunden",form_kinds:"Nur diese",title:"Was geschah",failed:"Was geschah, konnte nicht gelesen werden",refused_detail:"Nur wer alles lesen darf, sieht, was geschah.",none:"In dieser Zeit geschah nichts",no_store:"Keine Datenbank: Erkennungen und Notizen werden nicht aufbewahrt, Ereignisse nur so lange wie im Recorder von Home Assistant. Füge eine unter Einstellungen, Geräte & Dienste, Maestra hinzu.",kind_event:"Ereignisse",kind_detection:"Erkennungen",kind_annotation:"Notizen",kind_fault:"Störungen",kind_approval:"Zulassungen",grave:"Warnungen",lost:"Verbindung verloren",back:"Wieder verbunden",waits:"Wartet auf Zulassung",bar:"{count} ab {start}: vergrößern",more:"und {count} weitere: vergrößern, um sie zu sehen",severity_1:"Warnung",severity_2:"Fehler",note:"Notiz hinzufügen",note_title:"Was ist geschehen?",note_detail:"Mehr dazu",note_save:"Notieren",note_cancel:"Abbrechen"};var I={form_name:"Title",form_hours:"Hours to show",form_kinds:"Only these",title:"What happened",failed:"What happened could not be read",refused_detail:"Only who may read everything sees what happened.",none:"Nothing happened in this time",no_store:"No database: detections and notes are not kept, and events only as long as Home Assistant's recorder keeps them. Add one under Settings, Devices & services, Maestra.",kind_event:"Events",kind_detection:"Detections",kind_annotation:"Notes",kind_fault:"Faults",kind_approval:"Approvals",grave:"Warnings",lost:"Connection lost",back:"Connected again",waits:"Waits to be let in",bar:"{count} from {start}: zoom in",more:"and {count} more: zoom in to see them",severity_1:"Warning",severity_2:"Error",note:"Add a note",note_title:"What happened?",note_detail:"More about it",note_save:"Note it",note_cancel:"Cancel"};function h(s){return w({en:I,de:A},s)}var g=["event","detection","annotation","fault","approval"];function v({severity:s}){return s==="warning"?1:s==="error"||s==="critical"?2:0}function B(s,o){let e=!1;return s.flatMap(({s:t,lu:i,lc:n},r)=>{let a=t==="off"&&s[r-1]?.s==="on",l=t==="on"&&e;return e=a||e&&t!=="on",a||l?[{kind:"fault",time:n??i,title:a?"lost":"back",detail:null,severity:a?"error":"info",of:o}]:[]})}function ee(s){let o=s.replaceAll("_"," ");return o.charAt(0).toLocaleUpperCase()+o.slice(1)}function P(s,o,e){return s.flatMap(({s:t,a:i})=>{let n=Date.parse(t)/1e3,{event_type:r,severity:a,message:l}=i??{};return n>=e.start&&typeof r=="string"?[{kind:"event",time:n,title:ee(r),detail:typeof l=="string"?l:null,severity:typeof a=="string"?a:"info",of:o}]:[]})}function U(s){return s.entity_id.startsWith("binary_sensor.")&&s.attributes.device_class==="connectivity"}function G(s,o,e,t){let i=new Map,n=s.filter(r=>r.time<o.start||r.time>o.end?!1:(i.set(r.kind,(i.get(r.kind)??0)+1),e.has(r.kind)&&v(r)>=t));return{counts:i,happenings:n.sort((r,a)=>a.time-r.time)}}function j(s,o,e){let t=(o.end-o.start)/e,i=Array.from({length:e},(n,r)=>({start:o.start+r*t,end:o.start+(r+1)*t,count:0,gravity:0}));for(let n of s){let r=Math.floor((n.time-o.start)/t),a=i[Math.min(e-1,Math.max(0,r))];a&&(a.count+=1,a.gravity=Math.max(a.gravity,v(n)))}return i}function V(s){let o=h(s);return{schema:[{name:"name",selector:{text:{}}},F,{name:"kinds",selector:{select:{multiple:!0,options:g.map(e=>({value:e,label:o(`kind_${e}`)}))}}}],computeLabel:({name:e})=>o(`form_${e}`)}}async function q(s,o){let e=[],t;try{({happenings:e}=await s.connection.sendMessagePromise({type:"maestra/timeline",start:o.start,end:o.end}))}catch(r){t=r.code??"unknown"}return{happenings:t==="unauthorized"||t==="unknown_command"?[]:[...e,...await te(s,o,t!==void 0)],failure:t}}async function te(s,o,e){let t=Object.values(s.states).filter(n=>n!==void 0&&s.entities[n.entity_id]?.platform==="maestra"&&(U(n)||e&&n.entity_id.startsWith("event."))).map(n=>n?.entity_id??""),i=await L(s,t,o,e);return Object.entries(i).flatMap(([n,r])=>{let a=s.devices[s.entities[n]?.device_id??""]??void 0,l=a?.name_by_user??a?.name??n;return n.startsWith("event.")?P(r,l,o):B(r,l)})}var Z=k`
  .bars {
    display: flex;
    align-items: flex-end;
    gap: 2px;
    height: 44px;
    margin: 0 12px;
    border-block-end: 1px solid var(--divider-color);
  }
  .slot {
    flex: 1 1 0;
    min-width: 0;
    height: 100%;
    display: flex;
    align-items: flex-end;
  }
  .slot span {
    width: 100%;
    min-height: 3px;
    border-radius: 2px 2px 0 0;
    background: var(--mark);
  }
  button.slot:hover {
    background: var(--maestra-field);
  }
  .ends {
    display: flex;
    justify-content: space-between;
    padding: 2px 12px 6px;
    font-size: var(--ha-font-size-xs, 10px);
    color: var(--secondary-text-color);
  }
  .grave-0 {
    --mark: var(--primary-color);
  }
  .grave-1 {
    --mark: var(--warning-color);
  }
  .grave-2 {
    --mark: var(--error-color);
  }
  .list {
    max-height: 420px;
    margin: 0;
    padding: 4px 12px 12px;
    list-style: none;
  }
  .day {
    padding: 8px 0 4px;
    font-size: var(--ha-font-size-s, 12px);
    font-weight: var(--ha-font-weight-medium, 500);
    color: var(--secondary-text-color);
  }
  .one {
    position: relative;
    display: grid;
    grid-template-columns: 28px minmax(0, 1fr) auto;
    gap: 0 10px;
    padding: 6px 0;
  }
  .one::before {
    content: "";
    position: absolute;
    inset-block: 0;
    inset-inline-start: 13px;
    width: 2px;
    background: var(--divider-color);
  }
  .mark {
    position: relative;
    display: grid;
    place-items: center;
    width: 28px;
    height: 28px;
    border-radius: 50%;
    color: var(--mark);
    background:
      linear-gradient(color-mix(in srgb, var(--mark) 18%, transparent) 0 0),
      var(--card-background-color);
    --mdc-icon-size: 16px;
  }
  .one .title {
    white-space: normal;
    overflow-wrap: anywhere;
    line-height: 18px;
  }
  .one .subtitle {
    white-space: normal;
    overflow-wrap: anywhere;
  }
  time,
  .more {
    font-size: var(--ha-font-size-s, 12px);
    line-height: 18px;
    color: var(--secondary-text-color);
    font-variant-numeric: tabular-nums;
  }
  form {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    padding: 0 12px 12px;
  }
  form .error {
    flex-basis: 100%;
  }
`;var ne=[1,24,168,720],X=24,ie=3600,re=15e3,se=32,ae=5,oe=200,le={event:"mdi:flash",detection:"mdi:radar",annotation:"mdi:note-text",fault:"mdi:lan-disconnect",approval:"mdi:account-clock"},p=class extends C{constructor(){super(...arguments);this.kinds=new Set(g);this.isGrave=!1;this.isNoting=!1;this.#n=new H(this);this.#e=new E(this,re,()=>{this.#t=void 0})}static{this.styles=[N,O,T,Z]}#n;#e;#t;setConfig(e){super.setConfig(e),this.kinds=new Set(this.#i()),this.#e.show(Number(e.hours)||X)}connectedCallback(){super.connectedCallback(),this.#e.moveOn()}willUpdate(e){this.#n.follow(this.hass,{type:"maestra/devices"}),super.willUpdate(e)}updated(e){super.updated(e),this.hass&&!this.#t&&this.#c()}renderCard(e,t){let{language:i}=e.locale,n=h(i),r=this.happenings?$(this.failure):"loading";if(!this.happenings||r)return S(i,r??"loading",n("refused_detail"),ae);let a=G([...this.happenings,...this.#p(n)],this.#e.view,this.kinds,this.isGrave?1:0);return d`
      ${this.#r(e,t,n)}
      ${this.isNoting?this.#s(e,n):c}
      ${this.#a(e,a,n)}
      ${this.#o(e,a,n)}
      ${a.happenings.length?this.#l(e,a.happenings,n):R("mdi:timeline-clock-outline",n("none"))}
      ${this.failure?d`<div class="note" role="status">
              ${n(this.failure==="store_missing"?"no_store":"failed")}
            </div>`:c}
    `}#r(e,t,i){let n=e.user?.is_admin&&!this.failure,{start:r,end:a}=this.#e.view;return M("mdi:timeline-clock",t.name??i("title"),`${f(r,e.locale)} – ${f(a,e.locale)}`,n?D("mdi:note-plus-outline",i("note"),()=>{this.isNoting=!this.isNoting,this.refusal=void 0}):c)}#s(e,t){return d`<form
      @submit=${i=>{i.preventDefault(),this.#m(e,new FormData(i.target))}}
    >
      <input
        class="field"
        name="title"
        required
        maxlength="200"
        aria-label=${t("note_title")}
        placeholder=${t("note_title")}
      />
      <input
        class="field"
        name="description"
        maxlength="1000"
        aria-label=${t("note_detail")}
        placeholder=${t("note_detail")}
      />
      <button class="pill primary" type="submit">${t("note_save")}</button>
      <button
        class="pill"
        type="button"
        @click=${()=>{this.isNoting=!1}}
      >
        ${t("note_cancel")}
      </button>
      ${this.refusal?d`<div class="error" role="alert">${this.refusal}</div>`:c}
    </form>`}#a(e,t,i){return d`<div class="tools">
        ${W(e.locale.language,ne,this.#e)}
      </div>
      <div class="tools">
        ${this.#i().filter(n=>t.counts.has(n)||!this.kinds.has(n)).map(n=>b(`${i(`kind_${n}`)} ${t.counts.get(n)??0}`,this.kinds.has(n),()=>{let r=new Set(this.kinds);r.delete(n)||r.add(n),this.kinds=r}))}
        ${b(i("grave"),this.isGrave,()=>{this.isGrave=!this.isGrave})}
      </div>`}#o(e,t,i){let{view:n}=this.#e,r=j(t.happenings,n,se),a=Math.max(1,...r.map(({count:l})=>l));return d`<div class="bars">
        ${r.map(l=>l.count?d`<button
                class="slot grave-${l.gravity}"
                aria-label=${i("bar",{count:l.count,start:f(l.start,e.locale)})}
                @click=${()=>{this.#e.look(K(l,2,(l.start+l.end)/2))}}
              >
                <span
                  style=${z({height:`${l.count/a*100}%`})}
                ></span>
              </button>`:d`<div class="slot"></div>`)}
      </div>
      <div class="ends" aria-hidden="true">
        <span>${f(n.start,e.locale)}</span>
        <span>${f(n.end,e.locale)}</span>
      </div>`}#l(e,t,i){let n=t.slice(0,oe),r="";return d`<ul
      class="list ${this.isSized?"fills":""}"
      tabindex="0"
      aria-label=${i("title")}
    >
      ${n.map(a=>{let l=y(a.time,e.locale,{weekday:"long",day:"numeric",month:"long"}),Y=l===r?c:d`<li class="day">${l}</li>`;return r=l,d`${Y}${this.#d(e,a,i)}`})}
      ${t.length>n.length?d`<li class="more">
              ${i("more",{count:t.length-n.length})}
            </li>`:c}
    </ul>`}#d(e,t,i){let n=v(t);return d`<li class="one grave-${n}" data-kind=${t.kind}>
      <span class="mark"><ha-icon .icon=${le[t.kind]}></ha-icon></span>
      <div>
        <div class="title">
          ${n?d`<span class="sr-only"
                  >${i(`severity_${n}`)}:
                </span>`:c}${de(t,i)}
        </div>
        <div class="subtitle">${x(t.of,t.detail)}</div>
      </div>
      <time datetime=${new Date(t.time*1e3).toISOString()}>
        ${y(t.time,e.locale,{hour:"numeric",minute:"2-digit",second:"2-digit"})}
      </time>
    </li>`}#i(){let e=this.config?.kinds;return e?.length?g.filter(t=>e.includes(t)):g}#p(e){let{live:t}=this.#n;return t.status==="ready"?[...t.things.values()].flatMap(i=>i?.is_pending&&i.last_seen?[{kind:"approval",time:Date.parse(i.last_seen)/1e3,title:e("waits"),detail:i.hardware_id,severity:"warning",of:i.name}]:[]):[]}async#c(){if(!this.hass)return;let e=this.#t={},{happenings:t,failure:i}=await q(this.hass,this.#e.view);e===this.#t&&(this.happenings=t,this.failure=i)}async#m(e,t){let i=a=>{let l=t.get(a);return typeof l=="string"?l.trim():""},[n,r]=[i("title"),i("description")];if(this.refusal=await _(e,"annotate",{title:n,...r?{description:r}:{}}),!this.refusal){this.isNoting=!1;let{start:a,end:l}=this.#e.view;this.#e.show((l-a)/ie),this.#t={},this.happenings=[...this.happenings??[],{kind:"annotation",time:this.#e.view.end,title:n,detail:r||null,severity:"info",of:null}]}}};m([u()],p.prototype,"happenings",2),m([u()],p.prototype,"failure",2),m([u()],p.prototype,"kinds",2),m([u()],p.prototype,"isGrave",2),m([u()],p.prototype,"isNoting",2),m([u()],p.prototype,"refusal",2);function de({kind:s,title:o,label:e},t){return s==="fault"?t(o==="lost"?"lost":"back"):e??o}var pe={tag:"maestra-timeline-card",element:p,form:V,stub:()=>({hours:X})},Ue=pe;export{Ue as default};
