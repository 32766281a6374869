import{b as d}from"./chunk-QEN4JWX7.js";import{a as y,b as x,e as v}from"./chunk-LMPWTBSQ.js";import"./chunk-NIYJQBJQ.js";import"./chunk-7HDXJG7X.js";import"./chunk-MUM5PN7O.js";import"./chunk-6QXXSAK5.js";import"./chunk-H4HRM4CU.js";import{a as c}from"./chunk-2AN5FD5T.js";import{f,j as m,m as g}from"./chunk-36TFBGEQ.js";import{a as p,b as l,e as u,g as h,h as o}from"./chunk-6QWE7WWO.js";import"./chunk-QCXDA7CQ.js";import"./chunk-OUEOOLBF.js";import{a}from"./chunk-JFKSI6I7.js";var i=class extends h{static{this.styles=[g,y,p`
      .value {
        display: none;
      }
      input {
        height: var(--feature-height, 42px);
        border-radius: var(--feature-border-radius, 12px) !important;
      }
      .axes {
        gap: var(--feature-button-spacing, 12px);
      }
      .axes label {
        position: relative;
      }
      .axes span {
        position: absolute;
        inset-inline-start: 12px;
        font-size: var(--ha-font-size-s, 12px);
        text-transform: uppercase;
      }
      .axes input {
        padding-inline-start: 28px;
      }
      @container (max-width: 220px) {
        .axes {
          gap: 4px;
        }
        .axes span {
          display: none;
        }
        .axes input {
          padding-inline: 4px;
        }
      }
      input[type="color"] {
        display: block;
        width: 100%;
      }
      input[type="color"]::-webkit-color-swatch-wrapper {
        padding: 0;
      }
      input[type="color"]::-webkit-color-swatch {
        border-radius: var(--feature-border-radius, 12px);
      }
    `]}#t=new f(this);#e=new v((t,e)=>this.#n(t,e),()=>{this.requestUpdate()});setConfig(){}willUpdate(){let t=this.#s;this.#t.follow(this.hass,t?{type:"maestra/entity",entity:t}:void 0)}render(){let{hass:t}=this,e=this.#i,s=e&&d(e,this.context?.entity_id??"");return t&&e&&s?this.#r(t,e,s):u}#r(t,e,s){let{name:r,label:n}=s;return l`${x({variable:s,value:this.#e.shown(r,s.value),label:n,locale:t.locale,disabled:!e.can_set,error:void 0,points:void 0,set:b=>{this.#e.set(r,b)},refuse:()=>{}})}`}get#s(){let t=this.context?.entity_id??"";return this.hass?.entities[t]?.device_id??void 0}get#i(){let{live:t}=this.#t;return t.status==="ready"?t.things.get(this.#s??"")??void 0:void 0}async#n(t,e){let s=this.#i?.slug;if(this.hass&&s){let r={slug:s,state:{[t]:e}},n=await c(this.hass,"set_state",r);n&&this.dispatchEvent(new CustomEvent("hass-notification",{detail:{message:n},bubbles:!0,composed:!0}))}}};a([o({attribute:!1,hasChanged:m})],i.prototype,"hass",2),a([o({attribute:!1})],i.prototype,"context",2);var w={tag:"maestra-variable-feature",element:i},L=w;export{L as default};
