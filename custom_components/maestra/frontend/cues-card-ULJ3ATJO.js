import{a as F,b as j}from"./chunk-MPQ2UD6I.js";import{a as B}from"./chunk-LY2HC5TF.js";import{a as T}from"./chunk-CQMMQSKE.js";import"./chunk-MUM5PN7O.js";import"./chunk-6QXXSAK5.js";import{b as P,f as v,i as _,j as H}from"./chunk-H4HRM4CU.js";import{a as S}from"./chunk-EIPD6CFP.js";import{a as q}from"./chunk-2AN5FD5T.js";import{b as A,c as I,g as z,i as K,l as D,m as U,n as W}from"./chunk-36TFBGEQ.js";import{a as R,b as c,d as C,e as d,i as b}from"./chunk-6QWE7WWO.js";import"./chunk-QCXDA7CQ.js";import{a as M}from"./chunk-OUEOOLBF.js";import{a as x}from"./chunk-JFKSI6I7.js";var de={},G=A(class extends I{constructor(){super(...arguments),this.ot=de}render(s,i){return i()}update(s,[i,e]){if(Array.isArray(i)){if(Array.isArray(this.ot)&&this.ot.length===i.length&&i.every(((t,o)=>t===this.ot[o])))return C}else if(this.ot===i)return C;return this.ot=Array.isArray(i)?Array.from(i):i,this.render(i,e)}});var J={title:"Stichwörter",choose:"Stichwortliste",count:"{count} Stichwörter",paused:"Unterbrochen",waits:"Wartet",fades:"Blendet über",follows:"Nächstes folgt",complete:"Fertig",now:"Jetzt",next:"Nächstes",nothing_now:"Noch kein Stichwort",nothing_next:"Ende der Liste",says:"Jetzt: {now}. Nächstes: {next}.",says_running:"Jetzt: {now}, läuft. Nächstes: {next}.",says_paused:"Jetzt: {now}, unterbrochen. Nächstes: {next}.",go:"Go",go_to:"Go: {cue}",back:"Zurück",pause:"Pause",resume:"Weiter",stop:"Anhalten",panic:"Panik",panic_sure:"Sicher?",remaining:"Restzeit",cues:"Stichwörter von {name}",keys:"Leertaste: Go · ↑ ↓ und Enter: bereitstellen · P: Pause · zweimal Esc: Panik",auto_continue:"Das nächste geht von selbst, {seconds} nach diesem",auto_follow:"Das nächste geht von selbst, wenn dieses fertig ist",none:"Keine Stichwortlisten",none_detail:"Nimm Stichwort für Stichwort auf, worauf die Bühne gestellt ist, mit der Aktion maestra.capture_cue.",gone:"Diese Stichwortliste gibt es nicht",gone_detail:"Sie wurde gelöscht oder heißt inzwischen anders.",empty:"Keine Stichwörter in dieser Liste",refused_detail:"Nur wer die Entitäten einer Stichwortliste lesen darf, sieht sie.",form_cue_list:"Stichwortliste",form_name:"Titel",form_list:"Liste zeigen"};var V={title:"Cues",choose:"Cue list",count:"{count} cues",paused:"Paused",waits:"Waits",fades:"Fades",follows:"Next follows",complete:"Complete",now:"Now",next:"Next",nothing_now:"No cue yet",nothing_next:"End of the list",says:"Now: {now}. Next: {next}.",says_running:"Now: {now}, running. Next: {next}.",says_paused:"Now: {now}, paused. Next: {next}.",go:"Go",go_to:"Go: {cue}",back:"Back",pause:"Pause",resume:"Resume",stop:"Stop",panic:"Panic",panic_sure:"Sure?",remaining:"Remaining time",cues:"Cues of {name}",keys:"Space: go · ↑ ↓ and Enter: stand by · P: pause · Esc twice: panic",auto_continue:"The next goes by itself, {seconds} after it",auto_follow:"The next goes by itself when it is complete",none:"No cue lists",none_detail:"Capture what the stage is set to, cue by cue, with the action maestra.capture_cue.",gone:"This cue list is not there",gone_detail:"It was deleted, or has another name by now.",empty:"No cues in this list",refused_detail:"Only who may read the entities of a cue list sees it.",form_cue_list:"Cue list",form_name:"Title",form_list:"Show the list"};function w(s){return M({en:V,de:J},s)}var me="Cue list";function X(s){let i=w(s);return{schema:[{name:"cue_list",selector:{device:{filter:[{integration:"maestra",model:me}]}}},{name:"name",selector:{text:{}}},{name:"list",selector:{boolean:{}}}],computeLabel:({name:e})=>i(`form_${e}`)}}function Q(s){return[...s].filter(i=>i!==null).sort((i,e)=>P.compare(i.name,e.name))}function Y(s){return s.find(({is_running:i,is_paused:e})=>i||e)??s[0]}function y({cues:s},i){return s.find(e=>e.number===i)}function k({number:s,name:i}){return`${s} ${i}`.trim()}function $({is_paused:s,is_running:i}){return s?"paused":i?"running":"complete"}function L({cues:s,current:i,next:e,is_running:t,is_paused:o}){return{go:e!==null,back:s.findIndex(({number:n})=>n===i)>0,pause:t,resume:o,stop:t||o}}var Z=new WeakMap;function ee(s,i){let{elapsed:e,is_paused:t}=s;if(e===null)return;let o=Z.get(s)??i;return Z.set(s,o),t?e:e+(i-o)/1e3}function te({pre_wait:s,transition:i,post_wait:e,continue_mode:t},o,n){let a=s+i,r={none:a,auto_continue:e,auto_follow:a+e},l=n?r[t]:a,p=Math.min(Math.max(o,0),l);return{phase:p<s?"waits":p<a?"fades":"follows",share:l?p/l:1,left:l-p}}function oe(s,i,e){let t=e-1,n=new Map([["ArrowUp",s-1],["ArrowDown",s+1],["PageUp",s-10],["PageDown",s+10],["Home",0],["End",t]]).get(i);return n===void 0?void 0:Math.max(0,Math.min(t,n))}var ne=R`
  .desk {
    flex: 1 1 auto;
    display: flex;
    flex-direction: column;
    min-height: 0;
    overflow-y: auto;
    --maestra-go: color-mix(in srgb, var(--success-color) 80%, #000);
    --maestra-panic: color-mix(in srgb, var(--error-color) 75%, #000);
  }
  .desk:focus {
    outline: none;
  }
  .head select {
    max-width: 55cqi;
    height: 40px;
    padding: 0 14px;
    font-size: var(--ha-font-size-l, 16px);
    font-weight: var(--ha-font-weight-medium, 500);
  }

  /* What is on, and what is next. */
  .panels {
    display: grid;
    gap: 8px;
    padding: 0 12px 12px;
  }
  @container (min-width: 560px) {
    .panels {
      grid-template-columns: 1fr 1fr;
    }
  }
  .panel,
  .cue {
    --color: var(--secondary-text-color);
  }
  .running {
    --color: var(--success-color);
  }
  .paused {
    --color: var(--warning-color);
  }
  .panel.next,
  .cue.standing {
    --color: var(--primary-color);
  }
  .panel {
    display: flex;
    flex-direction: column;
    gap: 4px;
    min-width: 0;
    padding: 12px 16px;
    border-radius: var(--maestra-radius);
    border-inline-start: 6px solid var(--color);
    background: color-mix(in srgb, var(--color) 12%, transparent);
  }
  .line {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 12px;
    min-height: clamp(26px, 4.5cqi, 48px);
  }
  .which,
  .line .takes {
    font-size: clamp(14px, 2cqi, 20px);
    line-height: 1.4;
    color: var(--secondary-text-color);
  }
  .cue .takes {
    font-size: var(--ha-font-size-m, 14px);
    line-height: 20px;
    color: var(--secondary-text-color);
  }
  .which {
    font-weight: var(--ha-font-weight-medium, 500);
  }
  .left {
    font-size: clamp(24px, 4.5cqi, 48px);
    line-height: 1;
    font-variant-numeric: tabular-nums;
    direction: ltr;
  }
  .called {
    display: flex;
    align-items: baseline;
    gap: 0.5em;
    min-width: 0;
    font-size: clamp(28px, 5.5cqi, 72px);
    line-height: 1.15;
    color: var(--primary-text-color);
  }
  .called.none {
    color: var(--secondary-text-color);
  }
  .number {
    flex: none;
    max-width: 50%;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-weight: var(--ha-font-weight-bold, 700);
    font-variant-numeric: tabular-nums;
  }
  .name,
  .notes {
    min-width: 0;
    overflow: hidden;
    overflow-wrap: anywhere;
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
  }
  .notes {
    font-size: var(--ha-font-size-l, 16px);
    line-height: 22px;
    color: var(--primary-text-color);
  }
  .panel .track {
    --maestra-color: var(--color);
    height: 8px;
    margin-block-start: auto;
    border-radius: 4px;
  }

  /* The buttons. */
  .controls {
    display: grid;
    grid-template-columns: repeat(4, minmax(0, 1fr));
    gap: 8px;
    padding: 0 12px 12px;
  }
  .go {
    grid-column: 1 / -1;
    min-height: 88px;
    border-radius: var(--maestra-radius);
    background: var(--maestra-go);
    color: var(--text-primary-color, #fff);
    font-size: 40px;
    font-weight: var(--ha-font-weight-bold, 700);
    line-height: 1;
    letter-spacing: 0.06em;
    text-transform: uppercase;
    text-align: center;
  }
  .control {
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: 2px;
    min-width: 0;
    min-height: 64px;
    border-radius: var(--maestra-radius);
    background: var(--maestra-field);
    color: var(--primary-text-color);
    --mdc-icon-size: 28px;
  }
  .word {
    max-width: 100%;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-size: var(--ha-font-size-m, 14px);
    line-height: 20px;
  }
  .control.panic {
    color: color-mix(
      in srgb,
      var(--error-color) 50%,
      var(--primary-text-color)
    );
    box-shadow: inset 0 0 0 2px var(--error-color);
  }
  .control.panic.armed {
    background: var(--maestra-panic);
    color: var(--text-primary-color, #fff);
    box-shadow: none;
    animation: alarm 500ms ease-in-out infinite alternate;
  }
  @keyframes alarm {
    to {
      filter: brightness(1.3);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .control.panic.armed {
      animation: none;
    }
  }
  /* Two taps are two, and no zoom. */
  .go,
  .control,
  [role="option"] {
    touch-action: manipulation;
    user-select: none;
  }
  .go:active,
  .control:active {
    filter: brightness(1.2);
  }
  [aria-disabled="true"] {
    cursor: default;
    opacity: 0.4;
    filter: none !important;
  }
  @container (min-width: 560px) {
    .controls {
      grid-template-columns: 3fr 1fr 1fr 1fr 1fr;
    }
    .go {
      grid-column: auto;
      min-height: 104px;
      font-size: 56px;
    }
    .control {
      --mdc-icon-size: 36px;
    }
  }
  .desk > .error {
    padding: 0 16px 12px;
    font-size: var(--ha-font-size-m, 14px);
  }

  /* The cues. */
  .list {
    position: relative;
    max-height: 520px;
    border-block-start: 1px solid var(--divider-color);
  }
  .list.fills {
    min-height: 96px;
  }
  .list:focus-visible {
    outline-offset: -2px;
  }
  .cue {
    display: flex;
    align-items: center;
    gap: 10px;
    box-sizing: border-box;
    min-height: 52px;
    padding: 6px 16px 6px 8px;
    border-inline-start: 6px solid transparent;
    color: var(--primary-text-color);
    --mdc-icon-size: 22px;
  }
  [role="option"] {
    cursor: pointer;
  }
  [role="option"]:hover {
    background: var(--maestra-field);
  }
  .cue.current,
  .cue.standing {
    border-color: var(--color);
    background: color-mix(in srgb, var(--color) 14%, transparent);
  }
  .desk:focus-within .cue.chosen:not(.standing) {
    outline: 2px dashed var(--primary-text-color);
    outline-offset: -3px;
  }
  .mark {
    flex: none;
    width: 22px;
    color: var(--color);
  }
  .mark:dir(rtl) {
    transform: scaleX(-1);
  }
  .place {
    flex: none;
    min-width: 2.5em;
    max-width: 25cqi;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-size: var(--ha-font-size-l, 16px);
    font-weight: var(--ha-font-weight-bold, 700);
    font-variant-numeric: tabular-nums;
  }
  .cue .title {
    font-size: var(--ha-font-size-l, 16px);
    line-height: 22px;
  }
  .takes {
    flex: none;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .by-itself {
    flex: none;
    width: 22px;
    color: var(--secondary-text-color);
  }
  .keys {
    display: none;
    padding: 6px 16px;
    border-block-start: 1px solid var(--divider-color);
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    color: var(--secondary-text-color);
  }
  .desk:focus-within .keys {
    color: var(--primary-text-color);
  }
  @media (hover: hover) and (pointer: fine) {
    .keys {
      display: block;
    }
  }

  /* So few rows that there is no room for the list. */
  .short.desk {
    padding-block-start: 12px;
    overflow: hidden;
  }
  .short .head {
    padding-block-start: 0;
  }
  .short .panels {
    flex: 1 1 auto;
    min-height: 0;
    grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
  }
  .short .panel {
    min-height: 0;
    padding: 8px 12px;
    overflow: hidden;
  }
  .short .line {
    flex-wrap: wrap;
    gap: 0 8px;
  }
  .short .name,
  .short .notes {
    -webkit-line-clamp: 1;
  }
  .short .controls {
    flex: 1 0 auto;
    grid-template-rows: 1fr auto;
  }
  .short .go {
    min-height: 64px;
  }
  @container (max-width: 400px) {
    .short .called {
      font-size: 20px;
    }
  }

  /* Few rows: one line each, and the buttons. */
  .compact {
    gap: 8px;
    padding: 8px;
    justify-content: space-between;
  }
  .compact .panels,
  .compact .controls {
    padding: 0;
  }
  .compact .panels {
    grid-template-columns: 1fr;
    gap: 2px;
  }
  .compact .panel {
    flex-direction: row;
    align-items: baseline;
    position: relative;
    gap: 8px;
    padding: 2px 8px;
    border-radius: 6px;
    border-inline-start-width: 4px;
  }
  .compact .line {
    order: 1;
    flex: none;
    min-height: 0;
    margin-inline-start: auto;
  }
  .compact .which,
  .compact .notes,
  .compact .takes {
    display: none;
  }
  .compact .left {
    font-size: var(--ha-font-size-l, 16px);
  }
  .compact .called {
    font-size: var(--ha-font-size-l, 16px);
    line-height: 22px;
  }
  .compact .name {
    display: block;
    white-space: nowrap;
    text-overflow: ellipsis;
  }
  .compact .panel .track {
    position: absolute;
    inset-inline: 0;
    inset-block-end: 0;
    height: 3px;
    border-radius: 0;
  }
  .compact .controls {
    flex: 1 1 auto;
    grid-template-columns: 2fr repeat(4, minmax(0, 1fr));
    gap: 6px;
  }
  .compact .go {
    grid-column: auto;
    min-height: 40px;
    font-size: clamp(20px, 6cqi, 32px);
    letter-spacing: 0;
  }
  .compact .control {
    min-height: 40px;
    --mdc-icon-size: 22px;
  }
  @container (max-width: 340px) {
    .compact .controls {
      gap: 4px;
    }
    .compact .control {
      --mdc-icon-size: 18px;
    }
    .compact.tall .controls {
      grid-template-columns: repeat(4, minmax(0, 1fr));
      grid-template-rows: 1fr auto;
    }
    .compact.tall .go {
      grid-column: 1 / -1;
    }
    .compact.tall .control {
      --mdc-icon-size: 22px;
    }
  }
  .compact .word {
    position: absolute;
    clip-path: inset(50%);
  }
  .compact .error {
    padding: 0;
  }
`;var fe=100,he=4,ge=7,ie=8,xe=4e3,be={back:"mdi:skip-previous",pause:"mdi:pause",resume:"mdi:play",stop:"mdi:stop",panic:"mdi:alert-octagon"},E={go:"go",back:"back",pause:"pause_cues",resume:"resume_cues",stop:"stop_cues",panic:"panic"},we={auto_continue:"mdi:arrow-down",auto_follow:"mdi:arrow-collapse-down"},ve={running:"mdi:play",paused:"mdi:pause",complete:"mdi:check"},h=class extends D{constructor(){super();this.isArmed=!1;this.likely=6;this.#s="";new B(this,fe,()=>this.#e?.is_running??!1)}static{this.styles=[U,W,K,j,ne]}#i;#s;disconnectedCallback(){super.disconnectedCallback(),this.#t()}get followed(){let{cue_list:e}=this.config??{};return{type:"maestra/cue_lists",...e?{cue_list:e}:{}}}refusal(e){return w(e)("refused_detail")}willUpdate(e){super.willUpdate(e),this.#e||this.#r(Y(this.#n)?.id)}updated(e){super.updated(e);let t=this.#e,o=JSON.stringify([t?.id,t?.current,t?.next]);t&&o!==this.#s&&(this.#s=o,this.#u(t.current??t.next,.25))}get#n(){return Q(this.things?.values()??[])}get#e(){return this.#n.find(({id:e})=>e===this.listId)}#r(e){this.listId=e,this.chosen=this.reason=void 0,this.#t()}renderThings(e,t){let o=w(e.locale.language),n=this.#e,a=t.grid_options?.rows,r=typeof a=="number"?a:1/0,l=r<=he;if(!n){let g=t.cue_list?"gone":"none";return c`${l?d:S("mdi:playlist-play",t.name??o("title"),d)}${z("mdi:playlist-remove",o(g),l?void 0:o(`${g}_detail`))}`}let p=l?`compact ${r>2?"tall":""}`:r<ie?"short":"",f=t.list!==!1&&r>=ie,u=y(n,n.current),m=y(n,n.next),N=ee(n,performance.now()),le=u&&N!==void 0?te(u,N,m!==void 0):void 0;return c`<div
      class="desk ${p}"
      role="group"
      aria-label=${n.name}
      tabindex="-1"
      @keydown=${g=>{this.#g(e,n,g)}}
      @click=${g=>{let ce=g.target.closest(".cue"),O=n.cues[Number(ce?.dataset.place??-1)];n.can_control&&O&&this.#d(e,n,O)}}
    >
      ${r<ge?d:this.#m(t,n,o)}
      <div class="sr-only" role="status">
        ${o(n.is_paused?"says_paused":n.is_running?"says_running":"says",{now:u?k(u):o("nothing_now"),next:m?k(m):o("nothing_next")})}
      </div>
      <div class="panels">
        ${ye(e,n,u,le,o)}
        ${ke(e,m,o)}
      </div>
      ${n.can_control?this.#f(e,n,m,o):d}
      ${this.reason?c`<div class="error" role="alert">${this.reason}</div>`:d}
      ${f?G([n,this.chosen,e.locale],()=>this.#h(e,n,o)):d}
    </div>`}#m(e,t,o){let n=this.#n,a=n.length===1;return S("mdi:playlist-play",e.name??(a?t.name:o("title")),v(e.name&&a?t.name:void 0,o("count",{count:t.cues.length})),a?d:c`<select
            aria-label=${o("choose")}
            @change=${r=>{this.#r(r.target.value)}}
          >
            ${T(n,({id:r})=>r,({id:r,name:l})=>c`<option value=${r} ?selected=${r===t.id}>
                  ${l}
                </option>`)}
          </select>`)}#f(e,t,o,n){let a=L(t),r=(l,p,f=n(l),u=d)=>c`<button
        class="control ${l} ${l==="panic"&&this.isArmed?"armed":""}"
        aria-disabled=${p?"false":"true"}
        aria-keyshortcuts=${u}
        @click=${m=>{this.#c(e,t,l,p,m)}}
      >
        <ha-icon .icon=${be[l]}></ha-icon>
        <span class="word" aria-live=${l==="panic"?"assertive":d}
          >${f}</span
        >
      </button>`;return c`<div class="controls">
      <button
        class="go"
        aria-label=${o?n("go_to",{cue:k(o)}):n("go")}
        aria-disabled=${a.go?"false":"true"}
        aria-keyshortcuts="Space"
        @click=${l=>{this.#c(e,t,"go",a.go,l)}}
      >
        ${n("go")}
      </button>
      ${r("back",a.back)}
      ${a.resume?r("resume",!0,void 0,"P"):r("pause",a.pause,void 0,"P")}
      ${r("stop",a.stop)}
      ${r("panic",!0,this.isArmed?n("panic_sure"):void 0)}
    </div>`}#h(e,t,o){if(!t.cues.length)return z("mdi:playlist-remove",o("empty"));let n=t.cues.findIndex(({number:r})=>r===this.#a(t)),a=t.can_control;return c`<div
        class="list ${this.isSized?"fills":""}"
        tabindex="0"
        role=${a?"listbox":"list"}
        aria-label=${o("cues",{name:t.name})}
        aria-activedescendant=${a&&n>=0?`cue-${n}`:d}
      >
        ${T(t.cues,({number:r})=>r,(r,l)=>$e(e,t,r,l,l===n,o))}
      </div>
      ${a?c`<div class="keys">${o("keys")}</div>`:d}`}#a(e){return y(e,this.chosen)?this.chosen??null:e.next}#g(e,t,o){if(!t.can_control||this.preview||o.altKey||o.ctrlKey||o.metaKey||o.composedPath()[0]instanceof HTMLSelectElement)return;let{key:n}=o;if(o.composedPath()[0]instanceof HTMLButtonElement&&(n===" "||n==="Enter"))return;let r=t.cues.length,l=this.#a(t),p=t.cues.findIndex(({number:m})=>m===l),f=r?oe(p,n,r):void 0,u=L(t);if(f!==void 0)this.chosen=t.cues[f]?.number,this.#u(this.chosen);else if(n===" ")this.#l(e,t,"go",u,o);else if(n==="p"||n==="P")this.#l(e,t,u.resume?"resume":"pause",u,o);else if(n==="Enter"){let m=t.cues[p];m&&!o.repeat&&this.#d(e,t,m)}else if(n==="Escape")o.repeat||this.#p(e,t);else return;o.preventDefault(),o.stopPropagation()}#l(e,t,o,n,a){n[o]&&!a.repeat&&this.#o(e,t,E[o])}#c(e,t,o,n,{detail:a}){a&&this.renderRoot.querySelector(".desk")?.focus({preventScroll:!0}),o==="panic"?this.#p(e,t):n&&this.#o(e,t,E[o])}#d(e,t,{number:o}){this.chosen=void 0,this.#o(e,t,"stand_by_cue",{cue:o})}#p(e,t){if(this.isArmed){this.#o(e,t,E.panic);return}this.isArmed=!0,this.#i=setTimeout(()=>{this.#t()},xe)}#t(){clearTimeout(this.#i),this.isArmed=!1}async#o(e,t,o,n={}){this.#t(),this.reason=void 0;let a=await q(e,o,{cue_list:[t.id],...n});this.listId===t.id&&(this.reason=a)}#u(e,t){let o=this.renderRoot.querySelector(".list"),n=this.#e?.cues.findIndex(u=>u.number===e),a=o?.querySelector(`#cue-${n}`);if(!o||!a)return;let{offsetTop:r,offsetHeight:l}=a,{clientHeight:p,scrollTop:f}=o;o.scrollTop=t===void 0?Math.min(Math.max(f,r+l-p),r):r-p*t}};x([b()],h.prototype,"listId",2),x([b()],h.prototype,"chosen",2),x([b()],h.prototype,"isArmed",2),x([b()],h.prototype,"reason",2);function ye(s,i,e,t,o){let{locale:n}=s,a=i.is_paused?"paused":t?t.phase:e?"complete":void 0,r=t&&H(t.left,n);return c`<div class="panel now ${$(i)}">
    <div class="line">
      <span class="which">${v(o("now"),a&&o(a))}</span>
      ${r?c`<span class="left">${r}</span>`:d}
    </div>
    ${re(e,o("nothing_now"))}
    ${F(r&&o("remaining"),t?.share??0,!1,r)}
  </div>`}function ke(s,i,e){let t=i&&ae(s,i);return c`<div class="panel next">
    <div class="line">
      <span class="which">${e("next")}</span>
      ${t?c`<span class="takes">${t}</span>`:d}
    </div>
    ${re(i,e("nothing_next"))}
    ${i?.notes?c`<div class="notes"><bdi>${i.notes}</bdi></div>`:d}
  </div>`}function re(s,i){return s?c`<div class="called">
        <span class="number">${s.number}</span>
        ${s.name?c`<span class="name"><bdi>${s.name}</bdi></span>`:d}
      </div>`:c`<div class="called none">${i}</div>`}function $e(s,i,e,t,o,n){let a=e.number===i.current,r=e.number===i.next,{continue_mode:l}=e;return c`<div
    id="cue-${t}"
    class="cue ${a?`current ${$(i)}`:""} ${r?"standing":""} ${o?"chosen":""}"
    role=${i.can_control?"option":"listitem"}
    aria-selected=${i.can_control?r?"true":"false":d}
    aria-current=${a?"step":d}
    data-place=${t}
  >
    <ha-icon
      class="mark"
      .icon=${a?ve[$(i)]:r?"mdi:arrow-right-bold":""}
    ></ha-icon>
    <span class="place">${e.number}</span>
    <div class="titles">
      <div class="title"><bdi>${e.name}</bdi></div>
      ${e.notes?c`<div class="subtitle"><bdi>${e.notes}</bdi></div>`:d}
    </div>
    <span class="takes">${ae(s,e)}</span>
    ${l==="none"?c`<span class="by-itself"></span>`:c`<ha-icon
              class="by-itself"
              .icon=${we[l]}
              title=${se(s,e,l,n)}
            ></ha-icon
            ><span class="sr-only">${se(s,e,l,n)}</span>`}
  </div>`}function se(s,{post_wait:i},e,t){return t(e,{seconds:_(i,s.locale)})}function ae(s,{at:i,pre_wait:e,transition:t}){let o=[e,t].flatMap(n=>n?[_(n,s.locale)]:[]).join(" + ");return v(i??"",o)}var _e={tag:"maestra-cues-card",element:h,form:X,stub:()=>({list:!0})},st=_e;export{st as default};
/*! Bundled license information:

lit-html/directives/guard.js:
  (**
   * @license
   * Copyright 2018 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)
*/
