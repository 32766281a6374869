import{b as l,e as a}from"./chunk-6QWE7WWO.js";import{a as p}from"./chunk-QCXDA7CQ.js";function r(o,i,t,e){return l`<button
    class="icon"
    aria-label=${i}
    title=${i}
    aria-pressed=${e??a}
    @click=${t}
  >
    <ha-icon .icon=${o}></ha-icon>
  </button>`}function c(o,i,t){return l`<button
    class="pill"
    aria-pressed=${i?"true":"false"}
    @click=${t}
  >
    ${o}
  </button>`}function d(o,i,t,e=!1){return l`<input
    type="search"
    aria-label=${o}
    placeholder=${o}
    aria-invalid=${e?"true":"false"}
    .value=${i}
    @input=${n=>{t(n.target.value)}}
  />`}function v(o,i,t){let e=p(o),n=t.view.end-t.view.start,u=n/3600;return l`<div class="group" role="group" aria-label=${e("range")}>
      ${i.map(s=>c(e(`hours_${s}`),Math.abs(u/s-1)<.01,()=>{t.show(s)}))}
    </div>
    <div class="group">
      ${r("mdi:chevron-left",e("earlier"),()=>{t.pan(-n/2)})}
      ${r("mdi:chevron-right",e("later"),()=>{t.pan(n/2)})}
      ${r("mdi:magnify-minus-outline",e("zoom_out"),()=>{t.zoom(2)})}
      ${r("mdi:magnify-plus-outline",e("zoom_in"),()=>{t.zoom(.5)})}
    </div>
    ${t.isLive?a:l`<button
            class="pill"
            @click=${()=>{t.show(u)}}
          >
            ${e("now")}
          </button>`}`}export{r as a,c as b,d as c,v as d};
