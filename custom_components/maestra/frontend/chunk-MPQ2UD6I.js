import{a as l}from"./chunk-6QXXSAK5.js";import{a as i,b as r,e as o}from"./chunk-6QWE7WWO.js";function u(a,t,d=!1,n){let e=r`<div
    style=${l({width:`${(t*100).toFixed(1)}%`})}
  ></div>`;return a?r`<div
        class="track ${d?"full":""}"
        role="progressbar"
        aria-label=${a}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${Math.round(t*100)}
        aria-valuetext=${n??o}
      >
        ${e}
      </div>`:r`<div class="track" aria-hidden="true">${e}</div>`}var v=i`
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
`;export{u as a,v as b};
