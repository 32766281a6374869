import{b as L,c as N}from"./chunk-7HDXJG7X.js";import{a as v,b as B}from"./chunk-MPQ2UD6I.js";import"./chunk-6QXXSAK5.js";import{a as u,c as f,f as y,g as R,i as T}from"./chunk-H4HRM4CU.js";import{b as j}from"./chunk-J43EKMMP.js";import{a as S}from"./chunk-EIPD6CFP.js";import{a as x,b as H,d as I}from"./chunk-2AN5FD5T.js";import{f as C,g as M,i as F,l as P,m as O,n as W}from"./chunk-36TFBGEQ.js";import{a as D,b as l,e as p,i as _}from"./chunk-6QWE7WWO.js";import"./chunk-QCXDA7CQ.js";import{a as E}from"./chunk-OUEOOLBF.js";import{a as c}from"./chunk-JFKSI6I7.js";var Z={form_name:"Titel",form_tables:"Tabellen zeigen",refused_detail:"Nur wer alles lesen darf, sieht die Datenbank.",none:"Keine Datenbank",none_detail:"TimescaleDB oder PostgreSQL bewahrt Verlauf über Jahre. Füge sie unter Einstellungen, Geräte & Dienste, Maestra hinzu.",none_add:"Datenbank hinzufügen",state_connecting:"Verbindet sich",state_recording:"Zeichnet auf",state_catching_up:"Holt auf",state_spooling:"Nicht da: Zeilen warten auf der Platte",state_paused:"Angehalten für eine Sicherung",state_stopped:"Beendet",rate:"Zeilen/s",lag:"Rückstand",waiting:"Im Speicher",spool:"Auf der Platte",size:"Datenbank",oldest:"Älteste Zeile",compression:"Kompression",times:"{ratio}-fach",rejected:"Abgelehnt",dropped:"Verloren",rows:"{count} Zeilen",spool_fill:"{percent} des Platzes für wartende Zeilen sind belegt",tables:"Tabellen",table_all:"Alle {count} zeigen",table_few:"Weniger zeigen",table_title:"{name}, {level}",table_since:"seit {date}",table_kept:"{days} aufbewahrt",table_for_ever:"für immer aufbewahrt",table_compressed:"{ratio}-fach komprimiert",hourly:"stündlich",daily:"täglich",name_access_decisions:"Zutritte",name_annotations:"Notizen",name_decoded_data:"Werte von F2-Sensoren",name_detected_events:"Erkennungen",name_device_events:"Ereignisse von Geräten",name_device_metrics:"Messwerte von Geräten",name_entity_states:"Zustände von Maestra-Entitäten",name_entity_values:"Werte von Maestra-Entitäten",name_event_ids:"Kennungen von QS-Ereignissen",name_events:"QS-Ereignisse",name_ha_states:"Zustände von Home Assistant",name_states:"Zustände von Home Assistant",name_stream_sessions:"Sitzungen von Streams",name_stream_subscribers:"Empfänger von Streams",name_telemetry_readings:"Messwerte der ISS",flush:"Jetzt schreiben",flushed:"Alles ist geschrieben",export:"Exportieren",export_kind:"Was exportiert wird",export_span:"Wie viel davon",export_format:"Format",export_start:"Datei schreiben",export_done:"{rows} Zeilen, {size}: {path}",exporting:"Export: bisher {size}",span_24:"Der letzte Tag",span_168:"Die letzte Woche",span_720:"Die letzten 30 Tage",span_8760:"Das letzte Jahr",span_all:"Alles",import:"Importieren",import_source:"Woher",import_entities:"Nur diese Entitäten, etwa sensor.*",import_start:"Beginnen",source_home_assistant:"Recorder von Home Assistant",source_ltss:"LTSS",source_scribe:"Scribe",importing:"Import aus {source}: {read} gelesen, davon {written} neu",importing_of:"Import aus {source}: {read} von etwa {total} gelesen, davon {written} neu, bis {date}",cancel:"Abbrechen"};var b={form_name:"Title",form_tables:"Show the tables",refused_detail:"Only who may read everything sees the database.",none:"No database",none_detail:"TimescaleDB or PostgreSQL keeps history for years. Add it under Settings, Devices & services, Maestra.",none_add:"Add a database",state_connecting:"Connecting",state_recording:"Recording",state_catching_up:"Catching up",state_spooling:"Away: rows wait on disk",state_paused:"Paused for a backup",state_stopped:"Stopped",rate:"Rows/s",lag:"Lag",waiting:"In memory",spool:"On disk",size:"Database",oldest:"Oldest row",compression:"Compression",times:"{ratio} times",rejected:"Rejected",dropped:"Dropped",rows:"{count} rows",spool_fill:"{percent} of the space for rows that wait is used",tables:"Tables",table_all:"Show all {count}",table_few:"Show fewer",table_title:"{name}, {level}",table_since:"since {date}",table_kept:"kept for {days}",table_for_ever:"kept for ever",table_compressed:"{ratio} times compressed",hourly:"hourly",daily:"daily",name_access_decisions:"Access decisions",name_annotations:"Notes",name_decoded_data:"Values of F2 sensors",name_detected_events:"Detections",name_device_events:"Events of devices",name_device_metrics:"Metrics of devices",name_entity_states:"States of Maestra entities",name_entity_values:"Values of Maestra entities",name_event_ids:"Ids of QS events",name_events:"QS events",name_ha_states:"States of Home Assistant",name_states:"States of Home Assistant",name_stream_sessions:"Sessions of streams",name_stream_subscribers:"Consumers of streams",name_telemetry_readings:"Readings of the ISS",flush:"Write now",flushed:"All is written",export:"Export",export_kind:"What to export",export_span:"How much of it",export_format:"Format",export_start:"Write the file",export_done:"{rows} rows, {size}: {path}",exporting:"Export: {size} so far",span_24:"The last day",span_168:"The last week",span_720:"The last 30 days",span_8760:"The last year",span_all:"Everything",import:"Import",import_source:"Where from",import_entities:"Only these entities, such as sensor.*",import_start:"Begin",source_home_assistant:"Home Assistant's recorder",source_ltss:"LTSS",source_scribe:"Scribe",importing:"Import from {source}: {read} read, {written} of them new",importing_of:"Import from {source}: {read} of about {total} read, {written} of them new, up to {date}",cancel:"Cancel"};function g(i){return E({en:b,de:Z},i)}function V(i){let d=g(i);return{schema:[{name:"name",selector:{text:{}}},{name:"tables",selector:{boolean:{}}}],computeLabel:({name:r})=>d(`form_${r}`)}}var Q=/_(hourly|daily)(_held)?$/;function G(i,d){let r=[...i].filter(t=>t?.store===d),e=Math.max(1,...r.map(({bytes:t})=>t));return r.sort((t,s)=>s.bytes-t.bytes||t.name.localeCompare(s.name)).map(t=>({...t,base:t.name.replace(Q,""),level:Q.exec(t.name)?.[1],share:t.bytes/e}))}function k(i){let d=0,r=0;for(let e of i)d+=e.before??0,r+=e.after??0;return r?d/r:void 0}function J(i){return[...i].flatMap(({oldest:d})=>d??[]).sort()[0]}function K({read:i,total:d}){return d?Math.min(1,i/d):void 0}var oe=300;function U(i,d,r){return[...i.filter(([e])=>e>d-oe),[d,r]]}var q=D`
  .figures {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(84px, 1fr));
    gap: 8px 12px;
    padding: 0 16px 8px;
    font-variant-numeric: tabular-nums;
  }
  .figures.small {
    display: flex;
    gap: 8px 20px;
    flex-wrap: wrap;
    max-height: 40px;
    overflow: hidden;
  }
  .figure.bad .title {
    color: color-mix(
      in srgb,
      var(--error-color) 70%,
      var(--primary-text-color)
    );
  }
  .trend {
    height: 28px;
    padding: 0 16px 8px;
  }
  .work > * {
    margin: 0 16px 8px;
    padding: 0;
    overflow-wrap: anywhere;
  }
  .tools {
    padding-block-start: 8px;
  }
  form.tools {
    border-block-start: 1px solid var(--divider-color);
  }
  .tools.centred {
    justify-content: center;
    padding-block-end: 24px;
  }
  .tables {
    margin: 0;
    padding: 8px 16px 4px;
    list-style: none;
    border-block-start: 1px solid var(--divider-color);
  }
  .table {
    padding: 4px 0;
  }
  .table .row {
    display: flex;
    gap: 12px;
    justify-content: space-between;
  }
  .table .bytes {
    flex: none;
    font-variant-numeric: tabular-nums;
  }
  .table .track {
    margin-block: 4px;
  }
  .table .title {
    font-weight: normal;
  }
`;var ae=86400,Y=5,ie=["24","168","720","8760","all"],le="/config/integrations/integration/maestra",m=class extends P{constructor(){super(...arguments);this.isBusy=!1;this.hasAllTables=!1;this.followed={type:"maestra/store"};this.#t=new C(this);this.#e=new Map}static{this.styles=[O,W,F,N,B,q]}#t;#e;#s;willUpdate(r){this.#t.follow(this.hass,{type:"maestra/store_tables"}),super.willUpdate(r);let{things:e}=this;if(e!==this.#s){this.#s=e;for(let[t,s]of e??[]){let o=this.#e.get(t)??[];this.#e.set(t,s?U(o,Date.now()/1e3,s.rows_per_second):o)}}}refusal(r){return g(r)("refused_detail")}renderThings(r,e,t){let s=g(r.locale.language),o=[...t].flatMap(([n,a])=>a?[{id:n,store:a}]:[]);return o.length?l`${o.map(({id:n,store:a})=>this.#a(r,e,n,a,s))}`:this.#o(r,e,s)}#o(r,e,t){return l`${this.isSmall?S("mdi:database-off",e.name??t("none"),p):M("mdi:database-off",t("none"),t("none_detail"))}
    ${r.user?.is_admin?l`<div class="tools centred">
            <button
              class="pill primary"
              @click=${()=>{I(le)}}
            >
              ${t("none_add")}
            </button>
          </div>`:p}`}#a(r,e,t,s,o){let{live:n}=this.#t,a=n.status==="ready"?G(n.things.values(),t):[];return l`
      ${S(s.state==="spooling"?"mdi:database-alert":"mdi:database",e.name??s.title,y(o(`state_${s.state}`),s.version))}
      ${this.#i(r,s,a,o)}
      ${this.isSmall?p:l`<div class="trend">
                ${L(this.#e.get(t),s.rows_per_second)}
              </div>
              ${this.#l(r,s,o)}
              ${this.#d(r,s,o)}
              ${e.tables===!1||!a.length?p:this.#c(r,a,o)}`}
    `}#i(r,e,t,s){let{locale:o}=r,n=$=>u($,o,1),a=($,te,se=!1)=>l`<div class="figure ${se?"bad":""}">
        <div class="title">${te}</div>
        <div class="subtitle">${$}</div>
      </div>`,h=J(t),z=k(t);return l`<div class="figures ${this.isSmall?"small":""}">
      ${a(s("rate"),n(e.rows_per_second))}
      ${a(s("lag"),T(e.lag,o),e.lag>60)}
      ${a(s("waiting"),n(e.waiting))}
      ${a(s("spool"),f(e.spool_bytes,o),e.spool_rows>0)}
      ${e.size===null?p:a(s("size"),f(e.size,o))}
      ${h?a(s("oldest"),A(h,r)):p}
      ${z?a(s("compression"),s("times",{ratio:n(z)})):p}
      ${e.rows_rejected?a(s("rejected"),n(e.rows_rejected),!0):p}
      ${e.rows_dropped?a(s("dropped"),n(e.rows_dropped),!0):p}
    </div>`}#l(r,e,t){let{locale:s}=r,o=h=>u(h,s,0),n=e.import,a=n?ee(n.source,t):"";return l`<div class="work">
      ${e.reason?l`<div class="error" role="alert">${e.reason}</div>`:p}
      ${e.spool_rows?l`<div class="note">
                ${y(t("rows",{count:o(e.spool_rows)}),t("spool_fill",{percent:de(e.spool_fill,r)}))}
              </div>
              ${v(t("spool"),e.spool_fill,!0)}`:p}
      ${n?l`<div class="note" role="status">
                ${n.total&&n.position?t("importing_of",{source:a,read:o(n.read),total:o(n.total),written:o(n.written),date:A(n.position,r)}):t("importing",{source:a,read:o(n.read),written:o(n.written)})}
              </div>
              ${v(t("import"),K(n)??0)}`:p}
      ${e.exported===null?p:l`<div class="note" role="status">
              ${t("exporting",{size:f(e.exported,s)})}
            </div>`}
      ${this.done?l`<div class="note" role="status">${this.done}</div>`:p}
      ${this.failure?l`<div class="error" role="alert">${this.failure}</div>`:p}
    </div>`}#d(r,e,t){let s=r.user?.is_admin;if(!e.can_flush&&!s)return p;let o=n=>j(t(n),this.form===n,()=>{this.form=this.form===n?void 0:n,this.done=this.failure=void 0});return l`<div class="tools">
        ${e.can_flush?l`<button
                class="pill"
                ?disabled=${this.isBusy}
                @click=${()=>{this.#n(async()=>{let n=await x(r,"flush",{});return n?{reason:n}:{answer:t("flushed")}})}}
              >
                ${t("flush")}
              </button>`:p}
        ${s?l`${o("export")}${o("import")}`:p}
      </div>
      ${s&&this.form==="export"?this.#p(r,e,t):p}
      ${s&&this.form==="import"?this.#m(r,e,t):p}`}#p(r,e,t){return this.#r(l`${w("kind",t("export_kind"),e.exports.map(s=>[s,X(s,t)]))}
      ${w("span",t("export_span"),ie.map(s=>[s,t(`span_${s}`)]))}
      ${w("format",t("export_format"),e.formats.map(s=>[s,s.toLocaleUpperCase()]))}`,t("export_start"),t,async s=>{let o=Number(s.get("span")),n=await H(r,"export_history",{kind:s.get("kind"),format:s.get("format"),...o?{start:new Date(Date.now()-o*36e5).toISOString()}:{}});if("reason"in n)return n;let a=n.answer;return{answer:t("export_done",{path:a.path,rows:u(a.rows,r.locale,0),size:f(a.bytes,r.locale)})}})}#m(r,e,t){return this.#r(l`${w("source",t("import_source"),e.sources.map(s=>[s,ee(s,t)]))}<input
          class="field"
          name="entities"
          aria-label=${t("import_entities")}
          placeholder=${t("import_entities")}
        />`,t("import_start"),t,async s=>{let o=s.get("entities"),n=typeof o=="string"?o.match(/[^\s,]+/g):null,a=await x(r,"import_history",{source:s.get("source"),...n?{entities:n}:{}});return a?{reason:a}:{answer:void 0}})}#r(r,e,t,s){return l`<form
      class="tools"
      @submit=${o=>{o.preventDefault();let n=new FormData(o.target);this.#n(()=>s(n))}}
    >
      ${r}
      <button class="pill primary" type="submit" ?disabled=${this.isBusy}>
        ${e}
      </button>
      <button
        class="pill"
        type="button"
        @click=${()=>{this.form=void 0}}
      >
        ${t("cancel")}
      </button>
    </form>`}#c(r,e,t){let s=this.hasAllTables?e:e.slice(0,Y);return l`<ul class="tables" aria-label=${t("tables")}>
        ${s.map(o=>this.#u(r,o,t))}
      </ul>
      ${e.length>Y?l`<div class="tools">
              <button
                class="pill"
                aria-expanded=${this.hasAllTables?"true":"false"}
                @click=${()=>{this.hasAllTables=!this.hasAllTables}}
              >
                ${this.hasAllTables?t("table_few"):t("table_all",{count:e.length})}
              </button>
            </div>`:p}`}#u(r,e,t){let{locale:s}=r,o=X(e.base,t),n=k([e]);return l`<li class="table" data-table=${e.name}>
      <div class="row">
        <div class="title">
          ${e.level?t("table_title",{name:o,level:t(e.level)}):o}
        </div>
        <div class="title bytes">${f(e.bytes,s)}</div>
      </div>
      ${v(void 0,e.share)}
      <div class="subtitle">
        ${y(e.oldest&&t("table_since",{date:A(e.oldest,r)}),e.kept_days===null?t("table_for_ever"):t("table_kept",{days:T(e.kept_days*ae,s)}),n?t("table_compressed",{ratio:u(n,s,1)}):void 0)}
      </div>
    </li>`}async#n(r){this.isBusy=!0,this.done=this.failure=void 0;let e=await r();this.isBusy=!1,"reason"in e?this.failure=e.reason:(this.form=void 0,this.done=e.answer)}};c([_()],m.prototype,"form",2),c([_()],m.prototype,"isBusy",2),c([_()],m.prototype,"done",2),c([_()],m.prototype,"failure",2),c([_()],m.prototype,"hasAllTables",2);function w(i,d,r){return l`<select name=${i} aria-label=${d}>
    ${r.map(([e,t])=>l`<option value=${e}>${t}</option>`)}
  </select>`}function X(i,d){let r=`name_${i}`;return r in b?d(r):i}function ee(i,d){let r=`source_${i}`;return r in b?d(r):i}function A(i,{locale:d}){return R(Date.parse(i)/1e3,d,{day:"numeric",month:"short",year:"numeric"})}function de(i,{locale:d}){return`${u(i*100,d,1)} %`}var pe={tag:"maestra-store-card",element:m,form:V,stub:()=>({tables:!0})},Ne=pe;export{Ne as default};
