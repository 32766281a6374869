import{f as _}from"./chunk-6QWE7WWO.js";var{I:c}=_;var v=e=>e.strings===void 0,n=()=>document.createComment(""),d=(e,i,t)=>{let l=e._$AA.parentNode,r=i===void 0?e._$AB:i._$AA;if(t===void 0){let $=l.insertBefore(n(),r),a=l.insertBefore(n(),r);t=new c($,a,e,e.options)}else{let $=t._$AB.nextSibling,a=t._$AM,o=a!==e;if(o){let s;t._$AQ?.(e),t._$AM=e,t._$AP!==void 0&&(s=e._$AU)!==a._$AU&&t._$AP(s)}if($!==r||o){let s=t._$AA;for(;s!==$;){let A=s.nextSibling;l.insertBefore(s,r),s=A}}}return t},f=(e,i,t=e)=>(e._$AI(i,t),e),m={},u=(e,i=m)=>e._$AH=i,T=e=>e._$AH,g=e=>{e._$AP?.(!1,!0);let i=e._$AA,t=e._$AB.nextSibling;for(;i!==t;){let l=i.nextSibling;i.remove(),i=l}};export{v as a,d as b,f as c,u as d,T as e,g as f};
/*! Bundled license information:

lit-html/directive-helpers.js:
  (**
   * @license
   * Copyright 2020 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)
*/
