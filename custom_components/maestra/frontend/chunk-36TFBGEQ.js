import{a as d,b as r,e as c,g as v,h,i as x}from"./chunk-6QWE7WWO.js";import{a as m}from"./chunk-QCXDA7CQ.js";import{a}from"./chunk-JFKSI6I7.js";var g=class{constructor(e){this.element=e;this.isIn=!0;this.#e=!0;this.#i=new Set;this.#s=()=>{this.#e&&!document.hidden?(this.#n(),this.#a(!0)):this.isIn&&(this.#o??=setTimeout(()=>{this.#n(),this.#a(!1)},2e3))}}#e;#i;#t;#o;follow(e){return this.#i.add(e),this.#t||(this.#t=new IntersectionObserver(t=>{let s=t.at(-1);if(s){let{width:o,height:l}=s.boundingClientRect;this.#e=s.isIntersecting||!o&&!l,this.#s()}},{rootMargin:"300px"}),this.#t.observe(this.element),document.addEventListener("visibilitychange",this.#s)),()=>{this.#i.delete(e),this.#i.size||this.#r()}}#r(){this.#t?.disconnect(),this.#t=void 0,document.removeEventListener("visibilitychange",this.#s),this.#n(),this.isIn=this.#e=!0}#s;#n(){clearTimeout(this.#o),this.#o=void 0}#a(e){if(this.isIn!==e){this.isIn=e;for(let t of this.#i)t()}}},b=new WeakMap;function p(i){let e=b.get(i);return e||(e=new g(i),b.set(i,e)),e}function R(i){return i==="unauthorized"?"refused":i==="unknown_command"?"absent":void 0}function z(i,e){if(e.things===null)return{status:"absent"};let t=new Map(e.is_all||i.status!=="ready"?[]:i.things);for(let[s,o]of Object.entries(e.things))t.set(s,o);return{status:"ready",things:t}}var f=class{constructor(e,t){this.connection=e;this.message=t;this.live={status:"loading"};this.#e=new Set}#e;#i;#t;follow(e){return this.#e.add(e),this.#t??=this.#o(),()=>{this.#e.delete(e),this.#e.size||this.#r()}}async#o(){let e={};this.#i=e;try{return await this.connection.subscribeMessage(t=>{this.#i===e&&this.#s(z(this.live,t))},{...this.message})}catch(t){let s=t.code;this.#s({status:R(s)??"absent"});return}}async#r(){let e=this.#t;this.#t=void 0,this.#i=void 0,this.live={status:"loading"};try{await(await e)?.()}catch{}}#s(e){this.live=e;for(let t of this.#e)t()}},y=new WeakMap;function S(i,e){let t=y.get(i);t||(t=new Map,y.set(i,t));let s=JSON.stringify(e),o=t.get(s);return o||(o=new f(i,e),t.set(s,o)),o}var u=class{constructor(e,t=!1){this.host=e;this.misses=t;e.addController(this)}#e;#i;#t;#o;#r;#s={status:"loading"};get live(){let e=this.#t?.live;return e&&e.status!=="loading"?e:this.#s}follow(e,t){let s=this.#e?.connection===e?.connection&&JSON.stringify(this.#i)===JSON.stringify(t);this.#e=e,this.#i=t,s||(this.#d(),this.#s={status:"loading"},this.#a())}hostConnected(){this.#r??=p(this.host).follow(()=>{this.#n()}),this.#a()}hostDisconnected(){this.#r?.(),this.#r=void 0,this.#d()}#n(){p(this.host).isIn?(this.#a(),this.host.requestUpdate()):!this.misses&&this.live.status!=="loading"&&this.#d()}#a(){this.#e&&this.#i&&this.#r&&!this.#o&&(this.#t=S(this.#e.connection,this.#i),this.#o=this.#t.follow(()=>{let{isIn:e}=p(this.host);(e||this.#s.status==="loading")&&this.host.requestUpdate(),this.#s=this.live,e||this.#n()}))}#d(){this.#s=this.live,this.#o?.(),this.#o=void 0,this.#t=void 0}};function w(i,e,t){return r`<div class="message" role="status">
    <ha-icon .icon=${i}></ha-icon>
    <div class="message-title">${e}</div>
    ${t?r`<div class="message-detail">${t}</div>`:c}
  </div>`}function E(i,e){return r`<div class="loading" role="status" aria-label=${i}>
    ${Array.from({length:e},()=>r`<div class="bar"></div>`)}
  </div>`}function T(i,e,t,s){let o=m(i);switch(e){case"loading":return E(o("loading"),s);case"absent":return w("mdi:power-plug-off",o("absent"),o("absent_detail"));case"refused":return w("mdi:lock",o("refused"),t)}}var I=d`
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
`;var H=["connection","locale","themes","user","entities","devices","areas"],_=3;function $(i,e){return!i||!e||H.some(t=>i[t]!==e[t])}var n=class extends v{constructor(){super(...arguments);this.preview=!1}setConfig(t){this.config=t}connectedCallback(){super.connectedCallback(),this.requestUpdate()}get isSized(){return typeof this.config?.grid_options?.rows=="number"}get isSmall(){let t=this.config?.grid_options?.rows;return typeof t=="number"&&t<=_}render(){let{hass:t,config:s}=this;return t&&s?r`<ha-card>${this.renderCard(t,s)}</ha-card>`:c}};a([h({attribute:!1,hasChanged:$})],n.prototype,"hass",2),a([h({attribute:!1})],n.prototype,"preview",2),a([h({attribute:!1})],n.prototype,"layout",2),a([x()],n.prototype,"config",2);var k=class extends n{constructor(){super(...arguments);this.#e=new u(this);this.likely=4}#e;get things(){let{live:t}=this.#e;return t.status==="ready"?t.things:void 0}willUpdate(t){this.#e.follow(this.hass,this.followed),super.willUpdate(t)}renderCard(t,s){let{live:o}=this.#e,{language:l}=t.locale;return o.status==="ready"?this.renderThings(t,s,o.things):T(l,o.status,this.refusal(l),this.likely)}};var j=d`
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
`,Y=d`
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
`;var G={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},K=i=>(...e)=>({_$litDirective$:i,values:e}),C=class{constructor(e){}get _$AU(){return this._$AM._$AU}_$AT(e,t,s){this._$Ct=e,this._$AM=t,this._$Ci=s}_$AS(e,t){return this.update(e,t)}update(e,t){return this.render(...t)}};export{G as a,K as b,C as c,p as d,R as e,u as f,w as g,T as h,I as i,$ as j,n as k,k as l,j as m,Y as n};
/*! Bundled license information:

lit-html/directive.js:
  (**
   * @license
   * Copyright 2017 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)
*/
