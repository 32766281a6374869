import{a as f,b as w,c as k,d as T,e as E}from"./chunk-NIYJQBJQ.js";import{b as h}from"./chunk-7HDXJG7X.js";import{a as I,d as R}from"./chunk-MUM5PN7O.js";import{a as g}from"./chunk-6QXXSAK5.js";import{d as $}from"./chunk-H4HRM4CU.js";import{a as s,b as u,c as m}from"./chunk-36TFBGEQ.js";import{a as P,b as n,d as l,e as o}from"./chunk-6QWE7WWO.js";import{a as d}from"./chunk-QCXDA7CQ.js";var H=P`
  .variables {
    display: flex;
    flex-direction: column;
    gap: 8px;
    padding: 0 12px 12px;
  }
  h3 {
    margin: 4px 0 0;
    font-size: var(--ha-font-size-s, 12px);
    font-weight: var(--ha-font-weight-medium, 500);
    line-height: 16px;
    color: var(--secondary-text-color);
  }
  .row {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: center;
    gap: 4px 12px;
    min-height: 36px;
  }
  .row .wide {
    grid-column: 1 / -1;
  }
  .label,
  .value {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-size: var(--ha-font-size-m, 14px);
    line-height: 20px;
  }
  .label {
    color: var(--primary-text-color);
  }
  .value {
    max-width: 60cqi;
    unicode-bidi: plaintext;
    font-variant-numeric: tabular-nums;
    color: var(--secondary-text-color);
    text-align: end;
  }
  .output .value {
    color: var(--primary-text-color);
  }
  .reading {
    display: flex;
    align-items: center;
    justify-content: flex-end;
    gap: 12px;
    min-width: 0;
  }
  .reading .spark {
    width: min(96px, 25cqi);
    flex: none;
  }
  .slider {
    position: relative;
  }
  .slider .spark {
    position: absolute;
    inset: 6px 10px;
    width: calc(100% - 20px);
    pointer-events: none;
    opacity: 0.55;
  }
  input[type="range"] {
    --share: 0%;
    appearance: none;
    display: block;
    box-sizing: border-box;
    width: 100%;
    height: 40px;
    margin: 0;
    border-radius: var(--maestra-radius);
    cursor: pointer;
    background:
      linear-gradient(var(--maestra-tint), var(--maestra-tint)) left /
        var(--share) 100% no-repeat,
      var(--maestra-field);
    touch-action: pan-y;
  }
  input[type="range"]:dir(rtl) {
    background-position: right;
  }
  input[type="range"]::-webkit-slider-thumb {
    appearance: none;
    width: 6px;
    height: 24px;
    border-radius: 3px;
    background: var(--maestra-color, var(--primary-color));
    border: none;
  }
  input[type="range"]::-moz-range-thumb {
    width: 6px;
    height: 24px;
    border-radius: 3px;
    background: var(--maestra-color, var(--primary-color));
    border: none;
  }
  input[type="text"],
  input[type="number"],
  select,
  textarea {
    box-sizing: border-box;
    font: inherit;
    font-size: var(--ha-font-size-m, 14px);
    color: var(--primary-text-color);
    background: var(--maestra-field);
    border: 1px solid transparent;
    border-radius: 10px;
    padding: 7px 10px;
    min-width: 0;
  }
  option {
    background: var(--card-background-color);
    color: var(--primary-text-color);
  }
  input[type="text"],
  select {
    width: min(180px, 50cqi);
  }
  input[type="number"] {
    width: min(110px, 40cqi);
    /* Numbers are written from the left in every language. */
    direction: ltr;
    text-align: right;
  }
  input[type="number"] {
    appearance: textfield;
  }
  input[type="number"]::-webkit-inner-spin-button {
    display: none;
  }
  .axes {
    display: flex;
    gap: 8px;
  }
  .axes label {
    flex: 1;
    display: flex;
    align-items: center;
    gap: 6px;
    min-width: 0;
    color: var(--secondary-text-color);
  }
  .axes input {
    flex: 1;
    width: 100%;
  }
  input[type="color"] {
    width: 56px;
    height: 32px;
    padding: 0;
    border: none;
    border-radius: 10px;
    background: none;
    cursor: pointer;
  }
  input[type="color"]::-webkit-color-swatch-wrapper {
    padding: 0;
  }
  input[type="color"]::-webkit-color-swatch {
    border: 1px solid var(--divider-color);
    border-radius: 10px;
  }
  .swatch {
    display: inline-block;
    width: 20px;
    height: 20px;
    border-radius: 50%;
    border: 1px solid var(--divider-color);
  }
  .switch {
    flex: none;
    position: relative;
    width: 48px;
    height: 28px;
    border-radius: 14px;
    background: color-mix(
      in srgb,
      var(--secondary-text-color) 35%,
      transparent
    );
    transition: background-color 150ms;
  }
  .switch::after {
    content: "";
    position: absolute;
    inset-block-start: 4px;
    inset-inline-start: 4px;
    width: 20px;
    height: 20px;
    border-radius: 50%;
    background: var(--card-background-color, #fff);
    transition: inset-inline-start 150ms;
  }
  .switch[aria-checked="true"] {
    background: var(--maestra-color, var(--primary-color));
  }
  .switch[aria-checked="true"]::after {
    inset-inline-start: 24px;
    background: var(--text-primary-color, #fff);
  }
  @media (prefers-reduced-motion: reduce) {
    .switch,
    .switch::after {
      transition: none;
    }
  }
  details summary {
    cursor: pointer;
    color: var(--secondary-text-color);
    font-size: var(--ha-font-size-m, 14px);
    line-height: 20px;
  }
  textarea {
    width: 100%;
    margin-block: 8px;
    font-family: var(--ha-font-family-code, monospace);
    font-size: var(--ha-font-size-s, 12px);
    resize: vertical;
  }
`;var x=u(class extends m{constructor(e){if(super(e),e.type!==s.PROPERTY&&e.type!==s.ATTRIBUTE&&e.type!==s.BOOLEAN_ATTRIBUTE)throw Error("The `live` directive is not allowed on child or event bindings");if(!I(e))throw Error("`live` bindings can only contain a single expression")}render(e){return e}update(e,[r]){if(r===l||r===o)return r;let a=e.element,t=e.name;if(e.type===s.PROPERTY){if(r===a[t])return l}else if(e.type===s.BOOLEAN_ATTRIBUTE){if(!!r===a.hasAttribute(t))return l}else if(e.type===s.ATTRIBUTE&&a.getAttribute(t)===r+"")return l;return R(e),r}});var y=class extends m{#e;constructor(r){if(super(r),r.type!==s.ELEMENT)throw new Error("`typed` belongs into the tag of a field")}render(r){return l}update(r,[a]){return a!==this.#e&&!r.element.matches(":focus")&&(this.#e=a,r.element.value=a),l}},c=u(y);var z={slider:(e,{min:r,max:a,step:t})=>{let i=typeof e.value=="number"?e.value:r,v=Math.min(1,Math.max(0,(i-r)/(a-r)));return n`<span class="value"
        >${p(e.variable,e.value,e.locale)}</span
      >
      <div class="slider wide">
        <input
          type="range"
          aria-label=${e.label}
          aria-valuetext=${p(e.variable,e.value,e.locale)}
          aria-invalid=${e.error?"true":"false"}
          min=${r}
          max=${a}
          step=${t}
          style=${g({"--share":`${v*100}%`})}
          .value=${x(String(i))}
          ?disabled=${e.disabled}
          @input=${S=>{e.set(L(S))}}
        />
        ${A(e.points)?h(e.points,i):o}
      </div>`},number:(e,{min:r,max:a,step:t})=>n`<span class="reading">
      <input
        type="number"
        aria-label=${e.label}
        aria-invalid=${e.error?"true":"false"}
        min=${r??o}
        max=${a??o}
        step=${t??"any"}
        ${c(b(e.variable.value))}
        ?disabled=${e.disabled}
        @change=${i=>{J(e,i,v=>v)}}
      />
      ${e.variable.unit?n`<span class="value">${e.variable.unit}</span>`:o}
    </span>`,switch:e=>n`<button
      class="switch"
      role="switch"
      aria-label=${e.label}
      aria-checked=${e.value===!0?"true":"false"}
      ?disabled=${e.disabled}
      @click=${()=>{e.set(e.value!==!0)}}
    ></button>`,button:e=>n`<button
      class="pill primary"
      aria-label=${e.label}
      ?disabled=${e.disabled}
      @click=${()=>{e.set(!0)}}
    >
      ${d(e.locale.language)("press")}
    </button>`,select:(e,{options:r})=>n`<select
      aria-label=${e.label}
      aria-invalid=${e.error?"true":"false"}
      ?disabled=${e.disabled}
      @change=${a=>{e.set(a.target.value)}}
    >
      ${r.includes(b(e.value))?o:n`<option value="" disabled selected>
              ${p(e.variable,e.value,e.locale)}
            </option>`}
      ${r.map(a=>n`<option
            value=${a}
            .selected=${a===b(e.value)}
          >
            ${a}
          </option>`)}
    </select>`,color:e=>{let r=e.value!==e.variable.value;return n`<input
      type="color"
      aria-label=${e.label}
      .value=${x((r?null:e.variable.hex)??M(e.value))}
      ?disabled=${e.disabled}
      @input=${a=>{e.set(T(e.variable.value,a.target.value))}}
    />`},axes:(e,{axes:r})=>n`<span class="value">${e.variable.unit??""}</span>
      <div class="axes wide">
        ${r.map(a=>n`<label
              ><span>${a}</span>
              <input
                type="number"
                step="any"
                aria-label="${e.label} ${a}"
                ${c(String(w(e.variable.value,a)??""))}
                ?disabled=${e.disabled}
                @change=${t=>{J(e,t,i=>k(e.value,r,a,i))}}
              />
            </label>`)}
      </div>`,text:e=>n`<input
      type="text"
      aria-label=${e.label}
      aria-invalid=${e.error?"true":"false"}
      ${c(b(e.variable.value))}
      ?disabled=${e.disabled}
      @change=${r=>{e.set(r.target.value)}}
    />`,json:e=>n`<span class="value"
        >${p(e.variable,e.value,e.locale)}</span
      >
      <details class="wide">
        <summary>
          ${d(e.locale.language)("edit",{name:e.label})}
        </summary>
        <textarea
          rows="6"
          spellcheck="false"
          aria-label=${e.label}
          aria-invalid=${e.error?"true":"false"}
          ?disabled=${e.disabled}
          ${c(JSON.stringify(e.variable.value,null,2))}
        ></textarea>
        <button
          class="pill primary"
          ?disabled=${e.disabled}
          @click=${r=>{C(e,r)}}
        >
          ${d(e.locale.language)("set")}
        </button>
      </details>`};function b(e){return e===null?"":typeof e=="string"?e:JSON.stringify(e)}function N(e){let r=f(e.variable),a=z[r.kind];return a(e,r)}function se(e){return n`<div class="row input" data-variable=${e.variable.name}>
    <span class="label" title=${e.variable.description||o}
      >${e.label}</span
    >
    ${N(e)}
    ${e.error?n`<div class="error wide" role="alert">${e.error}</div>`:o}
  </div>`}function le(e,r,a){let t=typeof e.value=="number"?e.value:void 0;return n`<div class="row output" data-variable=${e.name}>
    <span class="label" title=${e.description||o}
      >${e.label}</span
    >
    <span class="reading">
      ${h(a,t)}
      ${e.hex?n`<span
              class="swatch"
              style=${g({backgroundColor:e.hex})}
            ></span>`:o}
      <span class="value">${p(e,e.value,r)}</span>
    </span>
    ${e.warning?n`<div class="error wide">${e.warning}</div>`:o}
  </div>`}function p(e,r,a){let t=f(e);return E(r,a,{unit:e.unit,decimals:t.kind==="slider"?$(t.step):e.decimals,...t.kind==="axes"?{axes:t.axes}:{}})}function A(e){return e?.some(([,r])=>r!==e[0]?.[1])??!1}function L(e){return e.target.valueAsNumber}function J(e,r,a){let t=L(r);Number.isFinite(t)&&e.set(a(t))}function C(e,r){let a=r.target.closest("details")?.querySelector("textarea");try{let t=JSON.parse(a?.value??"");e.refuse(void 0),e.set(t)}catch{e.refuse(d(e.locale.language)("not_json"))}}function M(e){if(typeof e=="string"){if(/^#[\da-f]{6}$/i.test(e))return e;let r=e.match(/\d+/g)?.slice(0,3)??[];if(r.length===3)return`#${r.map(a=>Number(a).toString(16).padStart(2,"0")).join("")}`}return"#000000"}var O=class{constructor(r,a){this.send=r;this.changed=a}#e=new Map;shown(r,a){let t=this.#e.get(r);return t?t.value:a}set(r,a){let t=this.#e.get(r);clearTimeout(t?.held);let i=t??{value:a,isWaiting:!1,isSending:!1};i.value=a,i.isWaiting=!0,this.#e.set(r,i),this.changed(),i.isSending||this.#r(r,i)}async#r(r,a){for(a.isSending=!0;a.isWaiting;)a.isWaiting=!1,await Promise.all([this.send(r,a.value),new Promise(t=>setTimeout(t,50))]);a.isSending=!1,a.held=setTimeout(()=>{this.#e.delete(r),this.changed()},1e3)}};export{H as a,N as b,se as c,le as d,O as e};
/*! Bundled license information:

lit-html/directives/live.js:
  (**
   * @license
   * Copyright 2020 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)
*/
