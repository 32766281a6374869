import{a as h}from"./chunk-2XPYYMKX.js";import{a as v}from"./chunk-2AN5FD5T.js";import{a as f,b as a,e as u}from"./chunk-6QWE7WWO.js";import{e as p,f as m,k as g}from"./chunk-SG5VVMD2.js";var _={form_name:"Titel",form_group:"Nur diese Gerätegruppe",form_metric:"Gezeigte Messgröße",form_history:"Linien der letzten 24 Stunden zeigen",title:"Geräte",refused_detail:"Nur wer alles lesen darf, sieht die Geräte.",none:"Noch keine Geräte",none_detail:"Ein Gerät erscheint, wenn es sich über MQTT oder die Fleet API anmeldet oder im Netz gefunden wird.",no_match:"Nichts passt dazu",search:"Geräte suchen",all:"Alle",online:"Online",offline:"Offline",waiting:"Wartend",waiting_devices:"Wartende Geräte",waiting_none:"Keine",approve:"Zulassen",reject:"Abweisen",block:"Sperren",approve_name:"{name} zulassen",reject_name:"{name} abweisen",block_name:"{name} für immer sperren",block_sure:"Für immer sperren?",cancel:"Abbrechen",never:"Nie gesehen",firmware:"Firmware {version}"};var b={form_name:"Title",form_group:"Only this device group",form_metric:"Metric to show",form_history:"Show lines of the last 24 hours",title:"Devices",refused_detail:"Only who may read everything sees the devices.",none:"No devices yet",none_detail:"A device appears when it registers over MQTT, the Fleet API, or is found on the network.",no_match:"Nothing matches",search:"Search devices",all:"All",online:"Online",offline:"Offline",waiting:"Waiting",waiting_devices:"Waiting devices",waiting_none:"None",approve:"Approve",reject:"Reject",block:"Block",approve_name:"Approve {name}",reject_name:"Reject {name}",block_name:"Block {name} for good",block_sure:"Block for good?",cancel:"Cancel",never:"Never seen",firmware:"Firmware {version}"};function w(i){return g({en:b,de:_},i)}var y=class{constructor(e){this.host=e}#i;#r=new Map;#e=new Set;render(e,t){return a`<div class="applicants">
      ${h(t,({id:r})=>r,r=>this.#o(e,r))}
    </div>`}#o(e,t){let r=w(e.locale.language),{id:o,name:l}=t,c=this.#i===o,n=(d,x,k)=>a`<button
        class="pill ${x}"
        aria-label=${r(`${d}_name`,{name:l})}
        ?disabled=${this.#e.has(o)}
        @click=${k}
      >
        ${r(d==="block"&&c?"block_sure":d)}
      </button>`,s=this.#r.get(o);return a`<div class="asking" data-device=${t.hardware_id}>
      <span class="dot waiting"></span>
      <div class="about">
        <div class="title">${l}</div>
        <div class="subtitle">
          ${m(t.type,t.hardware_id,t.ip_address,t.last_seen&&p(t.last_seen,Date.now(),e.locale))}
        </div>
      </div>
      <div class="actions">
        ${c?a`${n("block","danger",()=>{this.#n(e,o,"block")})}<button
                  class="pill"
                  @click=${()=>{this.#t(void 0)}}
                >
                  ${r("cancel")}
                </button>`:a`${n("approve","primary",()=>{this.#n(e,o,"approve")})}${n("reject","",()=>{this.#n(e,o,"reject")})}${n("block","danger",()=>{this.#t(o)})}`}
      </div>
      ${s?a`<div class="error" role="alert">${s}</div>`:u}
    </div>`}#t(e){this.#i=e,this.host.requestUpdate()}async#n(e,t,r){this.#e.add(t),this.host.requestUpdate(),this.#r.set(t,await v(e,`${r}_device`,{device:t})),this.#e.delete(t),this.#t(void 0)}},L=f`
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
`;var B=["all","online","offline","waiting"];function D(i){return i.is_pending?"waiting":i.is_online?"online":"offline"}function W(i,{group:e,filter:t,search:r}){let o={all:0,online:0,offline:0,waiting:0},l=[],c=r.trim().toLocaleLowerCase();for(let n of i){if(!n||e&&!n.is_pending&&!n.groups.includes(e))continue;let s=D(n);o.all+=1,o[s]+=1,(t==="all"||t===s)&&F(n,c)&&l.push(n)}return{counts:o,waiting:l.filter(({is_pending:n})=>n).sort((n,s)=>(s.last_seen??"").localeCompare(n.last_seen??"")),devices:l.filter(({is_pending:n})=>!n).sort((n,s)=>Number(n.is_online)-Number(s.is_online)||n.name.localeCompare(s.name))}}function F(i,e){return!e||[i.name,i.type,i.hardware_id,i.ip_address,i.firmware_version,i.place,...i.groups].some(t=>t?.toLocaleLowerCase().includes(e))}function P(i,e){return e?i.metrics.find(({name:t})=>t===e):i.metrics[0]}export{w as a,y as b,L as c,B as d,D as e,W as f,P as g};
