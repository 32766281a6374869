import{a as c,b as l,c as p,e as h}from"./chunk-6QWE7WWO.js";var m=100,r=28,d=2,x=3;function y(t){let[e=0]=t.at(0)??[],[n=0]=t.at(-1)??[],o=t.map(([,s])=>s),a=Math.min(...o),i=Math.max(...o)-a;return t.map(([s,u],f)=>{let k=(s-e)/(n-e||1)*m,v=i>0?(u-a)/i:.5,g=r-d-v*(r-2*d);return`${f?"L":"M"}${k.toFixed(1)} ${g.toFixed(1)}`}).join("")}function $(t,e){let n=Date.now()/1e3,o=t?.length&&e!==void 0?[...t,[n,e]]:t;return!o||o.length<x?h:l`<svg
    class="spark"
    viewBox="0 0 ${m} ${r}"
    preserveAspectRatio="none"
    aria-hidden="true"
  >
    ${p`<path d=${y(o)} vector-effect="non-scaling-stroke" />`}
  </svg>`}var T=c`
  .spark {
    display: block;
    width: 100%;
    height: 28px;
    overflow: visible;
  }
  .spark path {
    fill: none;
    stroke: var(--maestra-color, var(--primary-color));
    stroke-width: 1.5;
    stroke-linejoin: round;
    stroke-linecap: round;
  }
`;export{y as a,$ as b,T as c};
