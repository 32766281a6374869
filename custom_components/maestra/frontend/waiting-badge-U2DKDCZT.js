import{a as s,b as x,c as u,h as w}from"./chunk-MYCBNLXL.js";import"./chunk-CQMMQSKE.js";import"./chunk-MUM5PN7O.js";import"./chunk-H4HRM4CU.js";import"./chunk-2AN5FD5T.js";import{f as b,j as v,m as f}from"./chunk-36TFBGEQ.js";import{a as p,b as c,e as h,g,h as n,i as m}from"./chunk-6QWE7WWO.js";import"./chunk-QCXDA7CQ.js";import"./chunk-OUEOOLBF.js";import{a as r}from"./chunk-JFKSI6I7.js";var o=class extends g{constructor(){super(...arguments);this.preview=!1;this.#e=new b(this);this.#o=new x(this)}static{this.styles=[f,u,p`
      :host {
        container-type: normal;
      }
      .waiting-badge {
        display: flex;
        align-items: center;
        gap: 8px;
        box-sizing: border-box;
        height: var(--ha-badge-size, 36px);
        padding: 0 12px 0 8px;
        border: var(--ha-card-border-width, 1px) solid
          var(--ha-card-border-color, var(--divider-color));
        border-radius: var(
          --ha-badge-border-radius,
          calc(var(--ha-badge-size, 36px) / 2)
        );
        background: var(
          --ha-card-background,
          var(--card-background-color, #fff)
        );
        box-shadow: var(--ha-card-box-shadow, none);
        text-align: start;
        anchor-name: --badge;
      }
      .waiting-badge:disabled {
        opacity: 1;
      }
      ha-icon {
        --mdc-icon-size: var(--ha-badge-icon-size, 18px);
        color: var(--secondary-text-color);
      }
      .some ha-icon {
        color: var(--warning-color);
      }
      .label,
      .content {
        display: block;
        font-weight: var(--ha-font-weight-medium, 500);
        white-space: nowrap;
      }
      .label {
        font-size: var(--ha-font-size-xs, 10px);
        line-height: 10px;
        color: var(--secondary-text-color);
      }
      .content {
        font-size: var(--ha-badge-font-size, var(--ha-font-size-s, 12px));
        line-height: 16px;
        color: var(--primary-text-color);
      }
      [popover] {
        box-sizing: border-box;
        width: min(420px, 100vw - 32px);
        max-height: min(70vh, 480px);
        padding: 12px 0 4px;
        border: var(--ha-card-border-width, 1px) solid
          var(--ha-card-border-color, var(--divider-color));
        border-radius: var(--ha-card-border-radius, 12px);
        background: var(--card-background-color, #fff);
        color: var(--primary-text-color);
        box-shadow: 0 4px 16px rgb(0 0 0 / 25%);
        overflow-y: auto;
      }
      /* Elsewhere it is in the middle of the page. */
      @supports (position-area: bottom) {
        [popover] {
          position-anchor: --badge;
          position-area: bottom;
          position-try-fallbacks: --inside;
          margin: 8px 0;
        }
        @position-try --inside {
          position-area: bottom span-all;
        }
      }
    `]}#e;#o;setConfig(e){this.config=e}willUpdate(){let e=this.hass?.user?.is_admin;this.#e.follow(this.hass,e?{type:"maestra/devices"}:void 0)}render(){let{hass:e,config:l}=this,{live:t}=this.#e;if(!e?.user?.is_admin||!l)return h;let i=s(e.locale.language),y=t.status==="ready"?t.things.values():[],{waiting:a}=w(y,{filter:"waiting",search:""});return c`<button
        class="waiting-badge ${a.length?"some":""}"
        popovertarget="waiting"
        ?disabled=${!a.length}
      >
        <ha-icon icon="mdi:account-clock"></ha-icon>
        <span>
          <span class="label">${l.name??i("waiting_devices")}</span>
          <span class="content">
            ${t.status==="ready"?a.length||i("waiting_none"):"–"}
          </span>
        </span>
      </button>
      <div id="waiting" popover aria-label=${i("waiting_devices")}>
        ${this.#o.render(e,a)}
      </div>`}updated(){let e=this.renderRoot.querySelector("[popover]");e?.matches(":popover-open")&&!e.querySelector(".asking")&&e.hidePopover()}};r([n({attribute:!1,hasChanged:v})],o.prototype,"hass",2),r([n({attribute:!1})],o.prototype,"preview",2),r([m()],o.prototype,"config",2);var z={tag:"maestra-waiting-badge",element:o,form:d=>({schema:[{name:"name",selector:{text:{}}}],computeLabel:()=>s(d)("form_name")}),stub:()=>({})},R=z;export{R as default};
