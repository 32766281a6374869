import{a as d,b as n,e as l,g as f,h as c,i as x}from"./chunk-6QWE7WWO.js";import{a as g}from"./chunk-QCXDA7CQ.js";import{a}from"./chunk-JFKSI6I7.js";function T(i){return i==="unauthorized"?"refused":i==="unknown_command"?"absent":void 0}function k(i,t){if(t.things===null)return{status:"absent"};let e=new Map(t.is_all||i.status!=="ready"?[]:i.things);for(let[r,o]of Object.entries(t.things))e.set(r,o);return{status:"ready",things:e}}var u=class{constructor(t,e){this.connection=t;this.message=e;this.live={status:"loading"};this.#e=new Set}#e;#t;#i;follow(t){return this.#e.add(t),this.#i??=this.#r(),()=>{this.#e.delete(t),this.#e.size||this.#n()}}async#r(){let t={};this.#t=t;try{return await this.connection.subscribeMessage(e=>{this.#t===t&&this.#o(k(this.live,e))},{...this.message})}catch(e){let r=e.code;this.#o({status:T(r)??"absent"});return}}async#n(){let t=this.#i;this.#i=void 0,this.#t=void 0,this.live={status:"loading"};try{await(await t)?.()}catch{}}#o(t){this.live=t;for(let e of this.#e)e()}},m=new WeakMap;function C(i,t){let e=m.get(i);e||(e=new Map,m.set(i,e));let r=JSON.stringify(t),o=e.get(r);return o||(o=new u(i,t),e.set(r,o)),o}var p=class{constructor(t){this.host=t;t.addController(this)}#e;#t;#i;#r;get live(){return this.#i?.live??{status:"loading"}}follow(t,e){let r=this.#e?.connection===t?.connection&&JSON.stringify(this.#t)===JSON.stringify(e);this.#e=t,this.#t=e,r||(this.hostDisconnected(),this.hostConnected())}hostConnected(){this.#e&&this.#t&&!this.#r&&(this.#i=C(this.#e.connection,this.#t),this.#r=this.#i.follow(()=>{this.host.requestUpdate()}))}hostDisconnected(){this.#r?.(),this.#r=void 0,this.#i=void 0}};function v(i,t,e){return n`<div class="message" role="status">
    <ha-icon .icon=${i}></ha-icon>
    <div class="message-title">${t}</div>
    ${e?n`<div class="message-detail">${e}</div>`:l}
  </div>`}function z(i,t){return n`<div class="loading" role="status" aria-label=${i}>
    ${Array.from({length:t},()=>n`<div class="bar"></div>`)}
  </div>`}function b(i,t,e,r){let o=g(i);switch(t){case"loading":return z(o("loading"),r);case"absent":return v("mdi:power-plug-off",o("absent"),o("absent_detail"));case"refused":return v("mdi:lock",o("refused"),e)}}var P=d`
  .message {
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 4px;
    padding: 24px 16px;
    text-align: center;
    color: var(--secondary-text-color);
  }
  .message ha-icon {
    --mdc-icon-size: 32px;
    margin-block-end: 4px;
    opacity: 0.7;
  }
  .message-title {
    color: var(--primary-text-color);
    font-weight: var(--ha-font-weight-medium, 500);
  }
  .loading {
    display: flex;
    flex-direction: column;
    gap: 12px;
    padding: 16px;
  }
  .bar {
    height: 28px;
    border-radius: 8px;
    background: var(--divider-color);
    opacity: 0.5;
    animation: pulse 1.5s ease-in-out infinite alternate;
  }
  .bar:last-child:not(:first-child) {
    width: 60%;
  }
  @keyframes pulse {
    to {
      opacity: 0.2;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .bar {
      animation: none;
    }
  }
`;var R=["connection","locale","themes","user","entities","devices","areas"],_=3;function $(i,t){return!i||!t||R.some(e=>i[e]!==t[e])}var s=class extends f{constructor(){super(...arguments);this.preview=!1}setConfig(e){this.config=e}connectedCallback(){super.connectedCallback(),this.requestUpdate()}get isSized(){return typeof this.config?.grid_options?.rows=="number"}get isSmall(){let e=this.config?.grid_options?.rows;return typeof e=="number"&&e<=_}render(){let{hass:e,config:r}=this;return e&&r?n`<ha-card>${this.renderCard(e,r)}</ha-card>`:l}};a([c({attribute:!1,hasChanged:$})],s.prototype,"hass",2),a([c({attribute:!1})],s.prototype,"preview",2),a([c({attribute:!1})],s.prototype,"layout",2),a([x()],s.prototype,"config",2);var y=class extends s{constructor(){super(...arguments);this.#e=new p(this);this.likely=4}#e;get things(){let{live:e}=this.#e;return e.status==="ready"?e.things:void 0}willUpdate(e){this.#e.follow(this.hass,this.followed),super.willUpdate(e)}renderCard(e,r){let{live:o}=this.#e,{language:h}=e.locale;return o.status==="ready"?this.renderThings(e,r,o.things):b(h,o.status,this.refusal(h),this.likely)}};var I=d`
  :host {
    display: block;
    height: 100%;
    container-type: inline-size;
    --maestra-gap: var(--ha-space-3, 12px);
    --maestra-radius: var(--ha-border-radius-lg, 12px);
    --maestra-tint: color-mix(
      in srgb,
      var(--maestra-color, var(--primary-color)) 20%,
      transparent
    );
    --maestra-field: color-mix(
      in srgb,
      var(--secondary-text-color) 12%,
      transparent
    );
  }
  ha-card {
    display: flex;
    flex-direction: column;
    box-sizing: border-box;
    height: 100%;
    overflow: hidden;
  }
  .head {
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 12px;
    min-height: 36px;
  }
  .badge {
    flex: none;
    display: grid;
    place-items: center;
    width: 36px;
    height: 36px;
    border-radius: 50%;
    color: var(--maestra-color, var(--primary-color));
    background: var(--maestra-tint);
    --mdc-icon-size: 24px;
  }
  .titles {
    flex: 1;
    min-width: 0;
  }
  .title,
  .subtitle {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .title {
    margin: 0;
    font-size: var(--ha-font-size-m, 14px);
    font-weight: var(--ha-font-weight-medium, 500);
    line-height: 20px;
    color: var(--primary-text-color);
  }
  .subtitle {
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    color: var(--secondary-text-color);
  }
  .dot {
    flex: none;
    width: 10px;
    height: 10px;
    border-radius: 50%;
    background: var(--success-color);
  }
  .dot.offline {
    background: none;
    box-shadow: inset 0 0 0 2px var(--secondary-text-color);
  }
  .dot.waiting {
    background: var(--warning-color);
  }
  .dot.failed {
    background: var(--error-color);
  }
  .empty {
    color: var(--secondary-text-color);
  }
  button {
    font: inherit;
    color: inherit;
    cursor: pointer;
    border: none;
    background: none;
    padding: 0;
    text-align: start;
  }
  :focus-visible {
    outline: 2px solid var(--primary-color);
    outline-offset: 2px;
  }
  button.pill {
    padding: 6px 12px;
    border-radius: 18px;
    font-size: var(--ha-font-size-s, 12px);
    font-weight: var(--ha-font-weight-medium, 500);
    background: var(--maestra-field);
    color: var(--primary-text-color);
    white-space: nowrap;
  }
  button.pill[aria-pressed="true"] {
    background: var(--maestra-tint);
  }
  button.pill:hover {
    background: color-mix(
      in srgb,
      var(--secondary-text-color) 20%,
      transparent
    );
  }
  /* Darker than the theme's own: white on that is hard to read. */
  button.pill.primary {
    background: color-mix(in srgb, var(--primary-color) 70%, #000);
    color: var(--text-primary-color, #fff);
  }
  button.pill.danger {
    color: color-mix(
      in srgb,
      var(--error-color) 50%,
      var(--primary-text-color)
    );
  }
  button:disabled,
  input:disabled,
  select:disabled {
    cursor: default;
    opacity: 0.6;
  }
  .error {
    color: color-mix(
      in srgb,
      var(--error-color) 70%,
      var(--primary-text-color)
    );
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
  }
  [aria-invalid="true"] {
    border-color: var(--error-color) !important;
  }
  .sr-only {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`,J=d`
  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    padding: 0 12px 8px;
  }
  .tools .error {
    flex-basis: 100%;
  }
  .group {
    display: flex;
    gap: 2px;
    border-radius: 18px;
    background: var(--maestra-field);
  }
  .group button.pill:not([aria-pressed="true"]) {
    background: none;
  }
  .group button.pill {
    padding: 6px 10px;
  }
  button.icon {
    flex: none;
    display: grid;
    place-items: center;
    width: 32px;
    height: 32px;
    border-radius: 50%;
    color: var(--secondary-text-color);
    --mdc-icon-size: 20px;
  }
  button.icon:hover {
    background: var(--maestra-field);
  }
  input.field,
  input[type="search"] {
    flex: 1 1 160px;
    min-width: 0;
    box-sizing: border-box;
    font: inherit;
    font-size: var(--ha-font-size-m, 14px);
    color: var(--primary-text-color);
    background: var(--maestra-field);
    border: 1px solid transparent;
    border-radius: 18px;
    padding: 6px 14px;
    text-overflow: ellipsis;
  }
  select {
    font: inherit;
    font-size: var(--ha-font-size-s, 12px);
    color: var(--primary-text-color);
    background: var(--maestra-field);
    border: none;
    border-radius: 18px;
    height: 30px;
    min-width: 0;
    max-width: 100%;
    padding: 0 8px;
  }
  select option {
    color: var(--primary-text-color);
    background: var(--card-background-color);
  }
  .list {
    flex: 1 1 auto;
    overflow-y: auto;
    overflow-x: hidden;
  }
  .list.fills {
    max-height: none;
    min-height: 0;
  }
  .note {
    padding: 0 12px 12px;
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    color: var(--secondary-text-color);
  }
`;var W={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},j=i=>(...t)=>({_$litDirective$:i,values:t}),w=class{constructor(t){}get _$AU(){return this._$AM._$AU}_$AT(t,e,r){this._$Ct=t,this._$AM=e,this._$Ci=r}_$AS(t,e){return this.update(t,e)}update(t,e){return this.render(...e)}};export{W as a,j as b,w as c,T as d,p as e,v as f,b as g,P as h,$ as i,s as j,y as k,I as l,J as m};
/*! Bundled license information:

lit-html/directive.js:
  (**
   * @license
   * Copyright 2017 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)
*/
