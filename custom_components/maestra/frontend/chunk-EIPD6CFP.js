import{b as i,e as t}from"./chunk-6QWE7WWO.js";function d(n,s,e,l=t){return i`<div class="head">
    <div class="badge"><ha-icon .icon=${n}></ha-icon></div>
    <div class="titles">
      <h2 class="title">${s}</h2>
      <div class="subtitle">${e}</div>
    </div>
    ${l}
  </div>`}export{d as a};
