import{a as _}from"./chunk-CQMMQSKE.js";import{a as p,e as m,f,i as g}from"./chunk-H4HRM4CU.js";import{a as b}from"./chunk-2AN5FD5T.js";import{a as h,b as a,e as v}from"./chunk-6QWE7WWO.js";import{a as u}from"./chunk-OUEOOLBF.js";var w={form_name:"Titel",form_group:"Nur diese Gerätegruppe",form_metric:"Gezeigte Messgröße",form_history:"Linien der letzten 24 Stunden zeigen",title:"Geräte",refused_detail:"Nur wer alles lesen darf, sieht die Geräte.",none:"Noch keine Geräte",none_detail:"Ein Gerät erscheint, wenn es sich über MQTT oder die Fleet API anmeldet oder im Netz gefunden wird.",no_match:"Nichts passt dazu",search:"Geräte suchen",all:"Alle",online:"Online",offline:"Offline",waiting:"Wartend",waiting_devices:"Wartende Geräte",waiting_none:"Keine",approve:"Zulassen",reject:"Abweisen",block:"Sperren",approve_name:"{name} zulassen",reject_name:"{name} abweisen",block_name:"{name} für immer sperren",block_sure:"Für immer sperren?",cancel:"Abbrechen",never:"Nie gesehen",firmware:"Firmware {version}"};var x={form_name:"Title",form_group:"Only this device group",form_metric:"Metric to show",form_history:"Show lines of the last 24 hours",title:"Devices",refused_detail:"Only who may read everything sees the devices.",none:"No devices yet",none_detail:"A device appears when it registers over MQTT, the Fleet API, or is found on the network.",no_match:"Nothing matches",search:"Search devices",all:"All",online:"Online",offline:"Offline",waiting:"Waiting",waiting_devices:"Waiting devices",waiting_none:"None",approve:"Approve",reject:"Reject",block:"Block",approve_name:"Approve {name}",reject_name:"Reject {name}",block_name:"Block {name} for good",block_sure:"Block for good?",cancel:"Cancel",never:"Never seen",firmware:"Firmware {version}"};function y(n){return u({en:x,de:w},n)}var k=class{constructor(e){this.host=e}#r;#i=new Map;#e=new Set;render(e,t){return a`<div class="applicants">
      ${_(t,({id:i})=>i,i=>this.#o(e,i))}
    </div>`}#o(e,t){let i=y(e.locale.language),{id:o,name:l}=t,c=this.#r===o,r=(d,$,T)=>a`<button
        class="pill ${$}"
        aria-label=${i(`${d}_name`,{name:l})}
        ?disabled=${this.#e.has(o)}
        @click=${T}
      >
        ${i(d==="block"&&c?"block_sure":d)}
      </button>`,s=this.#i.get(o);return a`<div class="asking" data-device=${t.hardware_id}>
      <span class="dot waiting"></span>
      <div class="about">
        <div class="title">${l}</div>
        <div class="subtitle">
          ${f(t.type,t.hardware_id,t.ip_address,t.last_seen&&m(t.last_seen,Date.now(),e.locale))}
        </div>
      </div>
      <div class="actions">
        ${c?a`${r("block","danger",()=>{this.#n(e,o,"block")})}<button
                  class="pill"
                  @click=${()=>{this.#t(void 0)}}
                >
                  ${i("cancel")}
                </button>`:a`${r("approve","primary",()=>{this.#n(e,o,"approve")})}${r("reject","",()=>{this.#n(e,o,"reject")})}${r("block","danger",()=>{this.#t(o)})}`}
      </div>
      ${s?a`<div class="error" role="alert">${s}</div>`:v}
    </div>`}#t(e){this.#r=e,this.host.requestUpdate()}async#n(e,t,i){this.#e.add(t),this.host.requestUpdate(),this.#i.set(t,await b(e,`${i}_device`,{device:t})),this.#e.delete(t),this.#t(void 0)}},B=h`
  .applicants {
    display: flex;
    flex-direction: column;
    gap: 8px;
    margin: 0 12px 8px;
  }
  .asking {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 12px;
    padding: 8px 12px;
    border-radius: var(--maestra-radius);
    background: color-mix(in srgb, var(--warning-color) 12%, transparent);
  }
  .asking .about {
    flex: 1 1 160px;
    min-width: 0;
  }
  .asking .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  .asking .error {
    flex-basis: 100%;
  }
`;var E=24;function U({value:n,unit:e,decimals:t},i){return e==="s"&&n>=60?g(n,i):`${p(n,i,t)} ${e??""}`.trimEnd()}var q=["all","online","offline","waiting"];function F(n){return n.is_pending?"waiting":n.is_online?"online":"offline"}function Q(n,{group:e,filter:t,search:i}){let o={all:0,online:0,offline:0,waiting:0},l=[],c=i.trim().toLocaleLowerCase();for(let r of n){if(!r||e&&!r.is_pending&&!r.groups.includes(e))continue;let s=F(r);o.all+=1,o[s]+=1,(t==="all"||t===s)&&N(r,c)&&l.push(r)}return{counts:o,waiting:l.filter(({is_pending:r})=>r).sort((r,s)=>(s.last_seen??"").localeCompare(r.last_seen??"")),devices:l.filter(({is_pending:r})=>!r).sort((r,s)=>Number(r.is_online)-Number(s.is_online)||r.name.localeCompare(s.name))}}function N(n,e){return!e||[n.name,n.type,n.hardware_id,n.ip_address,n.firmware_version,n.place,...n.groups].some(t=>t?.toLocaleLowerCase().includes(e))}function K(n,e){return e?n.metrics.find(({name:t})=>t===e):n.metrics[0]}export{y as a,k as b,B as c,E as d,U as e,q as f,F as g,Q as h,K as i};
