import{a as e,b as t}from"./chunk-6QWE7WWO.js";function d(a){return t`<dl>
    ${a.map(([r,n])=>t`<div>
          <dt>${r}</dt>
          <dd>${n}</dd>
        </div>`)}
  </dl>`}var i=e`
  dl {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(120px, 100%), 1fr));
    gap: 8px 12px;
    margin: 0;
  }
  dt {
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    color: var(--secondary-text-color);
  }
  dd {
    margin: 0;
    font-variant-numeric: tabular-nums;
  }
`;export{d as a,i as b};
