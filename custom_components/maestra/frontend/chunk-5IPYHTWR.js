import{a as v}from"./chunk-532D4VBB.js";import{a as u}from"./chunk-CQMMQSKE.js";import{a as r}from"./chunk-6QXXSAK5.js";import{e as p}from"./chunk-2AN5FD5T.js";import{a as c,b as t,e as d}from"./chunk-6QWE7WWO.js";var a=52,x=520;function R(e,s,{at:l}){let o=e.querySelector(".list")?.clientHeight??x,{first:i,end:n}=v(s.length,a,l,o);return{first:i,shown:s.slice(i,n)}}function w(e,s,l,o,i){return t`<div
    class="list ${i?"fills":""}"
    tabindex="-1"
    @scroll=${n=>{o.moved(n.target.scrollTop)}}
  >
    <div
      class="space"
      role="list"
      style=${r({height:`${e*a}px`})}
    >
      ${u(l,({key:n})=>n,(n,m)=>b(n,s+m))}
    </div>
  </div>`}function b(e,s){let{deviceId:l}=e,o=r({top:`${s*a}px`}),i=t`
    <span class="dot ${e.status}"></span>
    <span class="sr-only">${e.statusName}</span>
    <div class="about">
      <div class="title">${e.title}</div>
      <div class="subtitle">${e.subtitle}</div>
    </div>
    ${e.value?t`${e.trend===void 0?d:t`<div class="trend">${e.trend}</div>`}
            <div class="metric">
              <div class="title">${e.value.text}</div>
              <div class="subtitle">${e.value.label}</div>
            </div>`:d}
  `;return t`<div role="listitem" data-device=${e.key}>
    ${l?t`<button
            class="row"
            style=${o}
            @click=${()=>{p(l)}}
          >
            ${i}
          </button>`:t`<div class="row" style=${o}>${i}</div>`}
  </div>`}var I=c`
  .list {
    max-height: 468px;
    padding-block-end: 4px;
  }
  .space {
    position: relative;
  }
  .row {
    position: absolute;
    inset-inline: 0;
    display: flex;
    align-items: center;
    gap: 12px;
    box-sizing: border-box;
    width: 100%;
    height: ${a}px;
    padding: 0 16px;
  }
  button.row:hover {
    background: var(--maestra-field);
  }
  .row:focus-visible {
    outline-offset: -2px;
  }
  .about {
    flex: 1;
    min-width: 0;
  }
  .trend {
    flex: none;
    width: min(80px, 20cqi);
  }
  @container (max-width: 380px) {
    .trend {
      display: none;
    }
  }
  .metric {
    flex: none;
    max-width: 45cqi;
    text-align: end;
  }
  .metric .title {
    unicode-bidi: plaintext;
    font-variant-numeric: tabular-nums;
    font-weight: normal;
  }
`;export{R as a,w as b,I as c};
