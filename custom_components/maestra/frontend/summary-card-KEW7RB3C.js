import{a as H}from"./chunk-GQAWZ7IH.js";import{e as M}from"./chunk-DIBGTBRN.js";import{a as $}from"./chunk-6QXXSAK5.js";import{a as f,h as y}from"./chunk-H4HRM4CU.js";import{d as R}from"./chunk-J43EKMMP.js";import{a as z}from"./chunk-EIPD6CFP.js";import{e as w,g as h,h as C,i as S,k as E,m as T,n as k}from"./chunk-36TFBGEQ.js";import{a as b,b as a,e as v,i as g}from"./chunk-6QWE7WWO.js";import"./chunk-QCXDA7CQ.js";import{a as _}from"./chunk-OUEOOLBF.js";import{a as p}from"./chunk-JFKSI6I7.js";var F={form_name:"Titel",form_hours:"Gezählte Stunden",title:"Wie viel es gab",failed:"Was aufgezeichnet wurde, konnte nicht gezählt werden",refused_detail:"Nur wer alles lesen darf, sieht, wie viel es gab.",no_store:"Keine Datenbank",no_store_detail:"Füge Maestra unter Einstellungen, Geräte & Dienste eine hinzu, dann wird gezählt, was geschieht.",count_events:"Ereignisse",count_changes:"Änderungen",count_metrics:"Messwerte",count_devices:"Geräte",count_entities:"Entitäten",count_notes:"Notizen",list_severities:"Ereignisse nach Schwere",list_event_types:"Häufigste Ereignisse",list_failing_devices:"Geräte mit den meisten Fehlern",list_entities:"Aktivste Entitäten",severity_debug:"Debug",severity_info:"Info",severity_warning:"Warnung",severity_error:"Fehler",severity_critical:"Kritisch"};var I={form_name:"Title",form_hours:"Hours to count",title:"How much there was",failed:"What was recorded could not be counted",refused_detail:"Only who may read everything sees how much there was.",no_store:"No database",no_store_detail:"Add one to Maestra under Settings, Devices & services, and what happens is counted.",count_events:"Events",count_changes:"Changes",count_metrics:"Metrics",count_devices:"Devices",count_entities:"Entities",count_notes:"Notes",list_severities:"Events by severity",list_event_types:"Most frequent events",list_failing_devices:"Devices with the most errors",list_entities:"Most active entities",severity_debug:"Debug",severity_info:"Info",severity_warning:"Warning",severity_error:"Error",severity_critical:"Critical"};function m(n){return _({en:I,de:F},n)}function O(n){let e=m(n);return{schema:[{name:"name",selector:{text:{}}},H],computeLabel:({name:s})=>e(`form_${s}`)}}var D=["events","changes","metrics","devices","entities","notes"],N=["debug","info","warning","error","critical"];function L(n){let e=n.filter(({count:r})=>r),s=Math.max(...e.map(({count:r})=>r));return e.map(r=>({...r,share:r.count/s}))}var U=b`
  .counts {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(84px, 1fr));
    gap: 8px;
    margin: 0;
    padding: 4px 12px 12px;
  }
  .count {
    display: flex;
    flex-direction: column-reverse;
    padding: 8px 12px;
    border-radius: var(--maestra-radius);
    background: var(--maestra-field);
  }
  .counts dd {
    margin: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    font-size: var(--ha-font-size-l, 16px);
    line-height: 24px;
    font-variant-numeric: tabular-nums;
    color: var(--primary-text-color);
  }
  .counts dt {
    overflow: hidden;
    text-overflow: ellipsis;
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    color: var(--secondary-text-color);
  }
  .ranks {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 220px), 1fr));
    gap: 12px 24px;
    padding: 0 12px 12px;
  }
  h3 {
    margin: 0 0 4px;
    font-size: var(--ha-font-size-s, 12px);
    font-weight: var(--ha-font-weight-medium, 500);
    line-height: 16px;
    color: var(--secondary-text-color);
  }
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .rank {
    position: relative;
    display: flex;
    justify-content: space-between;
    gap: 8px;
    padding: 4px 8px;
    margin-block-end: 2px;
    font-size: var(--ha-font-size-m, 14px);
    line-height: 20px;
    color: var(--primary-text-color);
    font-variant-numeric: tabular-nums;
  }
  .rank::before {
    content: "";
    position: absolute;
    inset-block: 0;
    inset-inline-start: 0;
    width: var(--share);
    border-radius: 6px;
    background: var(--maestra-tint);
  }
  .rank span {
    position: relative;
  }
  .rank span:first-child {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
`;var j=[1,24,168,720,8760],P=168,q=6e4,A=5,d=class extends E{static{this.styles=[T,k,S,U]}#e=new M(this,q,()=>{this.#t=void 0});#t;setConfig(e){super.setConfig(e),this.#e.show(Number(e.hours)||P)}updated(e){super.updated(e),this.hass&&!this.#t&&this.#i(this.hass)}renderCard(e,s){let{language:r}=e.locale,t=m(r),{summary:i,failure:o}=this,{start:c,end:u}=this.#e.view,x=w(o)??(i||o?void 0:"loading");if(x)return C(r,x,t("refused_detail"),A);if(!i)return o==="store_missing"?h("mdi:database-off",t("no_store"),t("no_store_detail")):h("mdi:alert-circle",t("failed"));let V=N.map(l=>({label:t(`severity_${l}`),count:i.severities[l]??0}));return a`
      ${z("mdi:chart-box-outline",s.name??t("title"),`${y(c,e.locale)} – ${y(u,e.locale)}`)}
      <div class="tools">${R(r,j,this.#e)}</div>
      <dl class="counts">
        ${D.map(l=>a`<div class="count">
              <dt>${t(`count_${l}`)}</dt>
              <dd>${f(i.counts[l],e.locale)}</dd>
            </div>`)}
      </dl>
      <div class="ranks">
        ${this.#r(e,"list_severities",V,t)}
        ${this.#r(e,"list_event_types",i.event_types,t)}
        ${this.#r(e,"list_failing_devices",i.failing_devices,t)}
        ${this.#r(e,"list_entities",i.entities,t)}
      </div>
      ${o?a`<div class="note" role="status">${t("failed")}</div>`:v}
    `}#r(e,s,r,t){let i=L(r);return i.length?a`<section>
          <h3>${t(s)}</h3>
          <ul>
            ${i.map(({label:o,count:c,share:u})=>a`<li
                  class="rank"
                  style=${$({"--share":`${u*100}%`})}
                >
                  <span>${o}</span>
                  <span>${f(c,e.locale)}</span>
                </li>`)}
          </ul>
        </section>`:v}async#i(e){let s=this.#t={},r=this.summary,t;try{r=await e.connection.sendMessagePromise({type:"maestra/summary",...this.#e.view})}catch(i){t=i.code??"unknown"}s===this.#t&&(this.summary=r,this.failure=t)}};p([g()],d.prototype,"summary",2),p([g()],d.prototype,"failure",2);var K={tag:"maestra-summary-card",element:d,form:O,stub:()=>({hours:P})},be=K;export{be as default};
