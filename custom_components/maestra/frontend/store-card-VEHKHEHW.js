import{b as N,c as O}from"./chunk-7HDXJG7X.js";import{a as T,b as H,d as I}from"./chunk-2AN5FD5T.js";import{b as B}from"./chunk-VJDGGSDO.js";import{a as x}from"./chunk-EIPD6CFP.js";import{a as L}from"./chunk-OZP4RA3I.js";import{e as C,f as M,h as F,k as P,l as W,m as j}from"./chunk-HJ6OVLBJ.js";import{a as D,b as i,e as p,i as _}from"./chunk-6QWE7WWO.js";import"./chunk-E3OVZEIS.js";import{a as u,c as f,f as v,g as z,i as $,j as E}from"./chunk-4MQQESTS.js";import{a as c}from"./chunk-JFKSI6I7.js";var Z={form_name:"Titel",form_tables:"Tabellen zeigen",refused_detail:"Nur wer alles lesen darf, sieht die Datenbank.",none:"Keine Datenbank",none_detail:"TimescaleDB oder PostgreSQL bewahrt Verlauf über Jahre. Füge sie unter Einstellungen, Geräte & Dienste, Maestra hinzu.",none_add:"Datenbank hinzufügen",state_connecting:"Verbindet sich",state_recording:"Zeichnet auf",state_catching_up:"Holt auf",state_spooling:"Nicht da: Zeilen warten auf der Platte",state_paused:"Angehalten für eine Sicherung",state_stopped:"Beendet",rate:"Zeilen/s",lag:"Rückstand",waiting:"Im Speicher",spool:"Auf der Platte",size:"Datenbank",oldest:"Älteste Zeile",compression:"Kompression",times:"{ratio}-fach",rejected:"Abgelehnt",dropped:"Verloren",rows:"{count} Zeilen",spool_fill:"{percent} des Platzes für wartende Zeilen sind belegt",tables:"Tabellen",table_all:"Alle {count} zeigen",table_few:"Weniger zeigen",table_title:"{name}, {level}",table_since:"seit {date}",table_kept:"{days} aufbewahrt",table_for_ever:"für immer aufbewahrt",table_compressed:"{ratio}-fach komprimiert",hourly:"stündlich",daily:"täglich",name_access_decisions:"Zutritte",name_annotations:"Notizen",name_decoded_data:"Werte von F2-Sensoren",name_detected_events:"Erkennungen",name_device_events:"Ereignisse von Geräten",name_device_metrics:"Messwerte von Geräten",name_entity_states:"Zustände von Maestra-Entitäten",name_entity_values:"Werte von Maestra-Entitäten",name_event_ids:"Kennungen von QS-Ereignissen",name_events:"QS-Ereignisse",name_ha_states:"Zustände von Home Assistant",name_states:"Zustände von Home Assistant",name_stream_sessions:"Sitzungen von Streams",name_stream_subscribers:"Empfänger von Streams",name_telemetry_readings:"Messwerte der ISS",flush:"Jetzt schreiben",flushed:"Alles ist geschrieben",export:"Exportieren",export_kind:"Was exportiert wird",export_span:"Wie viel davon",export_format:"Format",export_start:"Datei schreiben",export_done:"{rows} Zeilen, {size}: {path}",exporting:"Export: bisher {size}",span_24:"Der letzte Tag",span_168:"Die letzte Woche",span_720:"Die letzten 30 Tage",span_8760:"Das letzte Jahr",span_all:"Alles",import:"Importieren",import_source:"Woher",import_entities:"Nur diese Entitäten, etwa sensor.*",import_start:"Beginnen",source_home_assistant:"Recorder von Home Assistant",source_ltss:"LTSS",source_scribe:"Scribe",importing:"Import aus {source}: {read} gelesen, davon {written} neu",importing_of:"Import aus {source}: {read} von etwa {total} gelesen, davon {written} neu, bis {date}",cancel:"Abbrechen"};var b={form_name:"Title",form_tables:"Show the tables",refused_detail:"Only who may read everything sees the database.",none:"No database",none_detail:"TimescaleDB or PostgreSQL keeps history for years. Add it under Settings, Devices & services, Maestra.",none_add:"Add a database",state_connecting:"Connecting",state_recording:"Recording",state_catching_up:"Catching up",state_spooling:"Away: rows wait on disk",state_paused:"Paused for a backup",state_stopped:"Stopped",rate:"Rows/s",lag:"Lag",waiting:"In memory",spool:"On disk",size:"Database",oldest:"Oldest row",compression:"Compression",times:"{ratio} times",rejected:"Rejected",dropped:"Dropped",rows:"{count} rows",spool_fill:"{percent} of the space for rows that wait is used",tables:"Tables",table_all:"Show all {count}",table_few:"Show fewer",table_title:"{name}, {level}",table_since:"since {date}",table_kept:"kept for {days}",table_for_ever:"kept for ever",table_compressed:"{ratio} times compressed",hourly:"hourly",daily:"daily",name_access_decisions:"Access decisions",name_annotations:"Notes",name_decoded_data:"Values of F2 sensors",name_detected_events:"Detections",name_device_events:"Events of devices",name_device_metrics:"Metrics of devices",name_entity_states:"States of Maestra entities",name_entity_values:"Values of Maestra entities",name_event_ids:"Ids of QS events",name_events:"QS events",name_ha_states:"States of Home Assistant",name_states:"States of Home Assistant",name_stream_sessions:"Sessions of streams",name_stream_subscribers:"Consumers of streams",name_telemetry_readings:"Readings of the ISS",flush:"Write now",flushed:"All is written",export:"Export",export_kind:"What to export",export_span:"How much of it",export_format:"Format",export_start:"Write the file",export_done:"{rows} rows, {size}: {path}",exporting:"Export: {size} so far",span_24:"The last day",span_168:"The last week",span_720:"The last 30 days",span_8760:"The last year",span_all:"Everything",import:"Import",import_source:"Where from",import_entities:"Only these entities, such as sensor.*",import_start:"Begin",source_home_assistant:"Home Assistant's recorder",source_ltss:"LTSS",source_scribe:"Scribe",importing:"Import from {source}: {read} read, {written} of them new",importing_of:"Import from {source}: {read} of about {total} read, {written} of them new, up to {date}",cancel:"Cancel"};function g(a){return E({en:b,de:Z},a)}function V(a){let l=g(a);return{schema:[{name:"name",selector:{text:{}}},{name:"tables",selector:{boolean:{}}}],computeLabel:({name:s})=>l(`form_${s}`)}}var Q=/_(hourly|daily)(_held)?$/;function G(a,l){let s=[...a].filter(t=>t?.store===l),e=Math.max(1,...s.map(({bytes:t})=>t));return s.sort((t,r)=>r.bytes-t.bytes||t.name.localeCompare(r.name)).map(t=>({...t,base:t.name.replace(Q,""),level:Q.exec(t.name)?.[1],share:t.bytes/e}))}function k(a){let l=0,s=0;for(let e of a)l+=e.before??0,s+=e.after??0;return s?l/s:void 0}function J(a){return[...a].flatMap(({oldest:l})=>l??[]).sort()[0]}function K({read:a,total:l}){return l?Math.min(1,a/l):void 0}var oe=300;function U(a,l,s){return[...a.filter(([e])=>e>l-oe),[l,s]]}var q=D`
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
  .track {
    height: 6px;
    border-radius: 3px;
    background: var(--maestra-field);
    overflow: hidden;
  }
  .track div {
    height: 100%;
    border-radius: 3px;
    background: var(--maestra-color, var(--primary-color));
  }
  .track.full div {
    background: var(--warning-color);
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
`;var ae=86400,Y=5,ie=["24","168","720","8760","all"],le="/config/integrations/integration/maestra",m=class extends P{constructor(){super(...arguments);this.isBusy=!1;this.hasAllTables=!1;this.followed={type:"maestra/store"};this.#t=new C(this);this.#e=new Map}static{this.styles=[W,j,F,O,q]}#t;#e;#r;willUpdate(s){this.#t.follow(this.hass,{type:"maestra/store_tables"}),super.willUpdate(s);let{things:e}=this;if(e!==this.#r){this.#r=e;for(let[t,r]of e??[]){let o=this.#e.get(t)??[];this.#e.set(t,r?U(o,Date.now()/1e3,r.rows_per_second):o)}}}refusal(s){return g(s)("refused_detail")}renderThings(s,e,t){let r=g(s.locale.language),o=[...t].flatMap(([n,d])=>d?[{id:n,store:d}]:[]);return o.length?i`${o.map(({id:n,store:d})=>this.#a(s,e,n,d,r))}`:this.#o(s,e,r)}#o(s,e,t){return i`${this.isSmall?x("mdi:database-off",e.name??t("none"),p):M("mdi:database-off",t("none"),t("none_detail"))}
    ${s.user?.is_admin?i`<div class="tools centred">
            <button
              class="pill primary"
              @click=${()=>{I(le)}}
            >
              ${t("none_add")}
            </button>
          </div>`:p}`}#a(s,e,t,r,o){let{live:n}=this.#t,d=n.status==="ready"?G(n.things.values(),t):[];return i`
      ${x(r.state==="spooling"?"mdi:database-alert":"mdi:database",e.name??r.title,v(o(`state_${r.state}`),r.version))}
      ${this.#i(s,r,d,o)}
      ${this.isSmall?p:i`<div class="trend">
                ${N(this.#e.get(t),r.rows_per_second)}
              </div>
              ${this.#l(s,r,o)}
              ${this.#d(s,r,o)}
              ${e.tables===!1||!d.length?p:this.#c(s,d,o)}`}
    `}#i(s,e,t,r){let{locale:o}=s,n=w=>u(w,o,1),d=(w,te,re=!1)=>i`<div class="figure ${re?"bad":""}">
        <div class="title">${te}</div>
        <div class="subtitle">${w}</div>
      </div>`,h=J(t),R=k(t);return i`<div class="figures ${this.isSmall?"small":""}">
      ${d(r("rate"),n(e.rows_per_second))}
      ${d(r("lag"),$(e.lag,o),e.lag>60)}
      ${d(r("waiting"),n(e.waiting))}
      ${d(r("spool"),f(e.spool_bytes,o),e.spool_rows>0)}
      ${e.size===null?p:d(r("size"),f(e.size,o))}
      ${h?d(r("oldest"),A(h,s)):p}
      ${R?d(r("compression"),r("times",{ratio:n(R)})):p}
      ${e.rows_rejected?d(r("rejected"),n(e.rows_rejected),!0):p}
      ${e.rows_dropped?d(r("dropped"),n(e.rows_dropped),!0):p}
    </div>`}#l(s,e,t){let{locale:r}=s,o=h=>u(h,r,0),n=e.import,d=n?ee(n.source,t):"";return i`<div class="work">
      ${e.reason?i`<div class="error" role="alert">${e.reason}</div>`:p}
      ${e.spool_rows?i`<div class="note">
                ${v(t("rows",{count:o(e.spool_rows)}),t("spool_fill",{percent:de(e.spool_fill,s)}))}
              </div>
              ${S(t("spool"),e.spool_fill,!0)}`:p}
      ${n?i`<div class="note" role="status">
                ${n.total&&n.position?t("importing_of",{source:d,read:o(n.read),total:o(n.total),written:o(n.written),date:A(n.position,s)}):t("importing",{source:d,read:o(n.read),written:o(n.written)})}
              </div>
              ${S(t("import"),K(n)??0)}`:p}
      ${e.exported===null?p:i`<div class="note" role="status">
              ${t("exporting",{size:f(e.exported,r)})}
            </div>`}
      ${this.done?i`<div class="note" role="status">${this.done}</div>`:p}
      ${this.failure?i`<div class="error" role="alert">${this.failure}</div>`:p}
    </div>`}#d(s,e,t){let r=s.user?.is_admin;if(!e.can_flush&&!r)return p;let o=n=>B(t(n),this.form===n,()=>{this.form=this.form===n?void 0:n,this.done=this.failure=void 0});return i`<div class="tools">
        ${e.can_flush?i`<button
                class="pill"
                ?disabled=${this.isBusy}
                @click=${()=>{this.#n(async()=>{let n=await T(s,"flush",{});return n?{reason:n}:{answer:t("flushed")}})}}
              >
                ${t("flush")}
              </button>`:p}
        ${r?i`${o("export")}${o("import")}`:p}
      </div>
      ${r&&this.form==="export"?this.#p(s,e,t):p}
      ${r&&this.form==="import"?this.#m(s,e,t):p}`}#p(s,e,t){return this.#s(i`${y("kind",t("export_kind"),e.exports.map(r=>[r,X(r,t)]))}
      ${y("span",t("export_span"),ie.map(r=>[r,t(`span_${r}`)]))}
      ${y("format",t("export_format"),e.formats.map(r=>[r,r.toLocaleUpperCase()]))}`,t("export_start"),t,async r=>{let o=Number(r.get("span")),n=await H(s,"export_history",{kind:r.get("kind"),format:r.get("format"),...o?{start:new Date(Date.now()-o*36e5).toISOString()}:{}});if("reason"in n)return n;let d=n.answer;return{answer:t("export_done",{path:d.path,rows:u(d.rows,s.locale,0),size:f(d.bytes,s.locale)})}})}#m(s,e,t){return this.#s(i`${y("source",t("import_source"),e.sources.map(r=>[r,ee(r,t)]))}<input
          class="field"
          name="entities"
          aria-label=${t("import_entities")}
          placeholder=${t("import_entities")}
        />`,t("import_start"),t,async r=>{let o=r.get("entities"),n=typeof o=="string"?o.match(/[^\s,]+/g):null,d=await T(s,"import_history",{source:r.get("source"),...n?{entities:n}:{}});return d?{reason:d}:{answer:void 0}})}#s(s,e,t,r){return i`<form
      class="tools"
      @submit=${o=>{o.preventDefault();let n=new FormData(o.target);this.#n(()=>r(n))}}
    >
      ${s}
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
    </form>`}#c(s,e,t){let r=this.hasAllTables?e:e.slice(0,Y);return i`<ul class="tables" aria-label=${t("tables")}>
        ${r.map(o=>this.#u(s,o,t))}
      </ul>
      ${e.length>Y?i`<div class="tools">
              <button
                class="pill"
                aria-expanded=${this.hasAllTables?"true":"false"}
                @click=${()=>{this.hasAllTables=!this.hasAllTables}}
              >
                ${this.hasAllTables?t("table_few"):t("table_all",{count:e.length})}
              </button>
            </div>`:p}`}#u(s,e,t){let{locale:r}=s,o=X(e.base,t),n=k([e]);return i`<li class="table" data-table=${e.name}>
      <div class="row">
        <div class="title">
          ${e.level?t("table_title",{name:o,level:t(e.level)}):o}
        </div>
        <div class="title bytes">${f(e.bytes,r)}</div>
      </div>
      ${S(void 0,e.share)}
      <div class="subtitle">
        ${v(e.oldest&&t("table_since",{date:A(e.oldest,s)}),e.kept_days===null?t("table_for_ever"):t("table_kept",{days:$(e.kept_days*ae,r)}),n?t("table_compressed",{ratio:u(n,r,1)}):void 0)}
      </div>
    </li>`}async#n(s){this.isBusy=!0,this.done=this.failure=void 0;let e=await s();this.isBusy=!1,"reason"in e?this.failure=e.reason:(this.form=void 0,this.done=e.answer)}};c([_()],m.prototype,"form",2),c([_()],m.prototype,"isBusy",2),c([_()],m.prototype,"done",2),c([_()],m.prototype,"failure",2),c([_()],m.prototype,"hasAllTables",2);function y(a,l,s){return i`<select name=${a} aria-label=${l}>
    ${s.map(([e,t])=>i`<option value=${e}>${t}</option>`)}
  </select>`}function S(a,l,s=!1){let e=i`<div
    style=${L({width:`${(l*100).toFixed(1)}%`})}
  ></div>`;return a?i`<div
        class="track ${s?"full":""}"
        role="progressbar"
        aria-label=${a}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${Math.round(l*100)}
      >
        ${e}
      </div>`:i`<div class="track" aria-hidden="true">${e}</div>`}function X(a,l){let s=`name_${a}`;return s in b?l(s):a}function ee(a,l){let s=`source_${a}`;return s in b?l(s):a}function A(a,{locale:l}){return z(Date.parse(a)/1e3,l,{day:"numeric",month:"short",year:"numeric"})}function de(a,{locale:l}){return`${u(a*100,l,1)} %`}var pe={tag:"maestra-store-card",element:m,form:V,stub:()=>({tables:!0})},Ne=pe;export{Ne as default};
