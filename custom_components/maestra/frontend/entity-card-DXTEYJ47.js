import{a as k}from"./chunk-PCESMUYX.js";import{a as S,c as H,d as M,e as O}from"./chunk-LMPWTBSQ.js";import{f as v}from"./chunk-NIYJQBJQ.js";import{c as T}from"./chunk-7HDXJG7X.js";import{a as I}from"./chunk-LY2HC5TF.js";import{a as u}from"./chunk-CQMMQSKE.js";import"./chunk-MUM5PN7O.js";import"./chunk-6QXXSAK5.js";import{e as y}from"./chunk-H4HRM4CU.js";import{a as R}from"./chunk-EIPD6CFP.js";import{a as w,e as C}from"./chunk-2AN5FD5T.js";import{g as m,i as E,l as $,m as z}from"./chunk-36TFBGEQ.js";import{a as b,b as s,e as d,i as x}from"./chunk-6QWE7WWO.js";import"./chunk-QCXDA7CQ.js";import{a as _}from"./chunk-OUEOOLBF.js";import{a as g}from"./chunk-JFKSI6I7.js";var N={form_device:"Maestra-Entität",form_slug:"Slug",form_slug_helper:"Anstelle der Entität oben: ihr Name im Protokoll, etwa wash-1.",form_name:"Name",form_history:"Linien der letzten 24 Stunden zeigen",not_chosen:"Wähle eine Maestra-Entität",not_there:"Nicht da",not_there_detail:"Es gibt keine Entität {name}, oder noch nicht.",refused_detail:"Du darfst nicht alles von dieser Entität lesen.",offline:"Offline",no_variables:"Noch keine Variablen",no_variables_detail:"Sie erscheinen mit dem ersten Zustand, den ein Client sendet.",inputs:"Eingänge",outputs:"Ausgänge",children:"Darunter",changed:"Geändert {ago}",changed_by:"Geändert von {who} {ago}",by_home_assistant:"Home Assistant"};var P={form_device:"Maestra entity",form_slug:"Slug",form_slug_helper:"Instead of the entity above: its name on the wire, such as wash-1.",form_name:"Name",form_history:"Show lines of the last 24 hours",not_chosen:"Choose a Maestra entity",not_there:"Not there",not_there_detail:"There is no entity {name}, or not yet.",refused_detail:"You may not read all of this entity.",offline:"Offline",no_variables:"No variables yet",no_variables_detail:"They appear with the first state that a client sends.",inputs:"Inputs",outputs:"Outputs",children:"Below",changed:"Changed {ago}",changed_by:"Changed by {who} {ago}",by_home_assistant:"Home Assistant"};function c(l){return _({en:P,de:N},l)}function U(l){let i=c(l);return{schema:[{name:"device",selector:{device:{integration:"maestra"}}},{name:"slug",selector:{text:{}}},{name:"name",selector:{text:{}}},{name:"history",selector:{boolean:{}}}],computeLabel:({name:e})=>i(`form_${e}`),computeHelper:({name:e})=>e==="slug"?i("form_slug_helper"):void 0}}function A(l){let i=Object.values(l.entities).filter(t=>t?.platform==="maestra"&&!t.entity_category&&t.device_id),e=i.find(t=>t?.entity_id.startsWith("light."))??i[0];return{history:!0,...e?.device_id?{device:e.device_id}:{}}}function L(l){return l.variables.flatMap(i=>["number","range"].includes(i.type)?i.entity_ids.slice(0,1):[])}var D=b`
  .head button:hover,
  .children button:hover {
    text-decoration: underline;
  }
  .state {
    flex: none;
    padding: 2px 8px;
    border-radius: 10px;
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    color: var(--secondary-text-color);
    background: var(--maestra-field);
  }
  .children {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  .foot {
    margin-block-start: auto;
    padding: 8px 12px;
    border-block-start: 1px solid var(--divider-color);
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    color: var(--secondary-text-color);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
`;var B=48,h=class extends ${constructor(){super();this.errors={};this.likely=3;this.#e=new k(this,24,B);this.#n=new O((e,t)=>this.#l(e,t),()=>{this.requestUpdate()});new I(this,1e4)}static{this.styles=[z,E,T,S,D]}#e;#n;get followed(){let e=this.#t;return e?{type:"maestra/entity",entity:e}:void 0}willUpdate(e){super.willUpdate(e);let t=this.#r;this.hass&&t&&this.config?.history!==!1&&this.#e.follow(this.hass,L(t))}refusal(e){return c(e)("refused_detail")}renderCard(e,t){return this.#t?super.renderCard(e,t):m("mdi:cube-outline",c(e.locale.language)("not_chosen"))}renderThings(e,t){let o=c(e.locale.language),r=this.#r;return r?this.#i(e,t,o,r):m("mdi:cube-off-outline",o("not_there"),o("not_there_detail",{name:t.name??t.slug??""}))}#i(e,t,o,r){let a=r.variables.filter(({is_input:n})=>n),p=r.variables.filter(({is_input:n})=>!n),F=e.devices[r.device_id??""];return s`
      ${R(v(r.type),t.name??F?.name_by_user??r.name,s`${r.ancestors.map(n=>s`${this.#o(e,n)} › `)}${r.type_name}`,r.is_online?d:s`<span class="state">${o("offline")}</span>`)}
      ${r.variables.length||r.children.length?d:m("mdi:tune-variant",o("no_variables"),o("no_variables_detail"))}
      <div class="variables">
        ${a.length&&p.length?s`<h3>${o("inputs")}</h3>`:d}
        ${u(a,({name:n})=>n,n=>H({variable:n,value:this.#n.shown(n.name,n.value),label:n.label,locale:e.locale,disabled:!r.can_set,error:this.errors[n.name]??n.warning??void 0,points:this.#e.of(n.entity_ids[0]),set:f=>{this.#n.set(n.name,f)},refuse:f=>{this.#s(n.name,f)}}))}
        ${a.length&&p.length?s`<h3>${o("outputs")}</h3>`:d}
        ${u(p,({name:n})=>n,n=>M(n,e.locale,this.#e.of(n.entity_ids[0])))}
        ${r.children.length?s`<h3>${o("children")}</h3>
                <div class="children">
                  ${r.children.map(n=>this.#o(e,n,"pill"))}
                </div>`:d}
      </div>
      ${r.variables.length?s`<div class="foot">${this.#a(e,o,r)}</div>`:d}
    `}#o(e,t,o=""){let{device_id:r,name:a}=t;return e.user?.is_admin&&r?s`<button
          class=${o}
          @click=${()=>{C(r)}}
        >
          ${a}
        </button>`:s`<span class=${o}>${a}</span>`}#a(e,t,o){let r=y(o.changed_at,Date.now(),e.locale),a=o.changed_by==="home_assistant"?t("by_home_assistant"):o.changed_by;return a?t("changed_by",{who:a,ago:r}):t("changed",{ago:r})}get#t(){return this.config?.slug||this.config?.device}get#r(){return this.things?.get(this.#t??"")}async#l(e,t){let o=this.#r;if(this.hass&&o){let r=await w(this.hass,"set_state",{slug:o.slug,state:{[e]:t}});this.#s(e,r)}}#s(e,t){this.errors[e]!==t&&(this.errors={...this.errors,[e]:t})}};g([x()],h.prototype,"errors",2);var G={tag:"maestra-entity-card",element:h,form:U,stub:A},Ee=G;export{Ee as default};
