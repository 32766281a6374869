import{a as h}from"./chunk-XJUUJLYR.js";import{a as u}from"./chunk-T6WNBL3Y.js";import"./chunk-H4HRM4CU.js";import{b as i,e as m,g as l,h as p,i as c}from"./chunk-6QWE7WWO.js";import"./chunk-OUEOOLBF.js";import{a}from"./chunk-JFKSI6I7.js";var v="maestra-strategy-editor",f=8760;function d(r){return[{name:"areas",selector:{area:{multiple:!0}}},{name:"hours",selector:{number:{min:1,max:f,mode:"box",unit_of_measurement:"h"}}},{name:"hide",selector:{select:{multiple:!0,mode:"list",options:h.map(s=>({value:s,label:r(s)}))}}}]}var o=class extends l{constructor(){super(...arguments);this.config={}}setConfig(e){this.config=e}render(){let{hass:e}=this;if(!e)return m;let n=u(e.locale.language);return i`<ha-form
      .hass=${e}
      .data=${this.config}
      .schema=${d(n)}
      .computeLabel=${({name:t})=>n(`form_${t}`)}
      @value-changed=${t=>{t.stopPropagation(),this.dispatchEvent(new CustomEvent("config-changed",{detail:{config:t.detail.value},bubbles:!0,composed:!0}))}}
    ></ha-form>`}};a([p({attribute:!1})],o.prototype,"hass",2),a([c()],o.prototype,"config",2);export{o as StrategyEditor,v as TAG,d as strategySchema};
