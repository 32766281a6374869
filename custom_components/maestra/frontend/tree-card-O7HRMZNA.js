import{a as I,c as U,e as J}from"./chunk-LMPWTBSQ.js";import{e as C,f as O}from"./chunk-NIYJQBJQ.js";import{a as D}from"./chunk-532D4VBB.js";import"./chunk-7HDXJG7X.js";import{a as $}from"./chunk-CQMMQSKE.js";import"./chunk-MUM5PN7O.js";import{a as _}from"./chunk-6QXXSAK5.js";import{b as E}from"./chunk-H4HRM4CU.js";import{c as K}from"./chunk-J43EKMMP.js";import{a as B}from"./chunk-EIPD6CFP.js";import{a as H,c as A,e as L}from"./chunk-2AN5FD5T.js";import{f as V,g as k,i as F,l as P,m as W,n as q}from"./chunk-36TFBGEQ.js";import{a as M,b as h,e as p,i as w}from"./chunk-6QWE7WWO.js";import{a as z}from"./chunk-QCXDA7CQ.js";import{a as N}from"./chunk-OUEOOLBF.js";import{a as y}from"./chunk-JFKSI6I7.js";var j={form_name:"Titel",form_path:"Suche zu Beginn",form_path_helper:"Ein Wort, oder ein Pfad wie stage.*.light* (ein Punkt geht eine Ebene tiefer, * ist beliebig).",title:"Entitäten",refused_detail:"Nur wer alles lesen darf, sieht die ganze Hierarchie.",none:"Noch keine Entitäten",none_detail:"Sie erscheinen mit dem ersten Zustand, den ein Client sendet.",no_match:"Nichts passt dazu",search:"Suchen, oder ein Pfad: stage.*.light*",total:"{count} Entitäten",found:"{count} von {total} Entitäten",offline:"Offline",open:"Zeigen, was unter {name} liegt",select:"{name} auswählen",select_found:"{count} auswählen",selected:"{count} ausgewählt",clear:"Auswahl aufheben",nothing_common:"Diese haben keinen gemeinsamen Eingang",differs:"{name} (verschieden)"};var G={form_name:"Title",form_path:"Search at first",form_path_helper:"A word, or a path such as stage.*.light* (a point goes one level down, * is any).",title:"Entities",refused_detail:"Only who may read everything sees the whole hierarchy.",none:"No entities yet",none_detail:"They appear with the first state that a client sends.",no_match:"Nothing matches",search:"Search, or a path: stage.*.light*",total:"{count} entities",found:"{count} of {total} entities",offline:"Offline",open:"Show what is below {name}",select:"Select {name}",select_found:"Select {count}",selected:"{count} selected",clear:"Clear selection",nothing_common:"These have no input in common",differs:"{name} (differs)"};function x(s){return N({en:G,de:j},s)}function Z(s){let o=x(s);return{schema:["name","path"].map(e=>({name:e,selector:{text:{}}})),computeLabel:({name:e})=>o(`form_${e}`),computeHelper:({name:e})=>e==="path"?o("form_path_helper"):void 0}}function S(s){return!!(s?.can_set&&s.values.some(({is_input:o})=>o))}function R(s){let o=new Map,e=0;for(let n of s.values())if(n){e+=1;let i=n.parent&&s.get(n.parent)?n.parent:"",r=o.get(i);r?r.push(n.slug):o.set(i,[n.slug])}let t=n=>s.get(n)?.name??n;for(let n of o.values())n.sort((i,r)=>E.compare(t(i),t(r)));return{children:o,count:e}}function Q(s,o){if(s.size!==o.size)return!1;for(let[e,t]of o){let n=s.get(e);if(t?.parent!==n?.parent||t?.name!==n?.name)return!1}return!0}function T(s){return/[.*|!{]/.test(s)}function X(s,o){let e=o.trim().toLocaleLowerCase(),t=new Set;for(let n of s.values())n&&[n.name,n.slug,n.type].some(i=>i.toLocaleLowerCase().includes(e))&&t.add(n.slug);return t}function Y(s,o,e,t){let n=t&&de(o,t),i=[],r=(l,u)=>{let c=(s.children.get(l)??[]).filter(a=>n?.has(a)??!0);c.forEach((a,d)=>{let b=s.children.get(a)?.some(m=>n?.has(m)??!0)??!1?e(a):void 0;i.push({slug:a,level:u,position:d+1,beside:c.length,isOpen:b,isFound:t?.has(a)??!0}),b&&r(a,u+1)})};return r("",1),i}function de(s,o){let e=new Set;for(let t of o){let n=s.get(t)?t:null;for(;n&&!e.has(n);)e.add(n),n=s.get(n)?.parent}return e}function ee(s,o,e,t){let n=s.length-1,i=r=>Math.min(n,Math.max(0,r));switch(e){case"ArrowDown":return i(o+1);case"ArrowUp":return i(o-1);case"PageDown":return i(o+t);case"PageUp":return i(o-t);case"Home":return 0;case"End":return n;default:return}}function te(s,o){let e=s[o]?.level??1;for(let t=o-1;t>=0;t--)if((s[t]?.level??1)<e)return t;return o}function ne(s,o){return s.filter(({is_input:e})=>e).flatMap(e=>{let t=o.map(({values:i})=>i.find(({name:r,is_input:l})=>l&&r===e.name)),n=JSON.stringify(t[0]?.value);return t.every(Boolean)?[{variable:e,differs:t.some(i=>JSON.stringify(i?.value)!==n)}]:[]})}var g=40,ie=M`
  .list {
    min-height: 0;
    max-height: max(480px, 70vh);
    padding-block-end: 4px;
  }
  .space {
    position: relative;
    outline: none;
  }
  .item {
    position: absolute;
    inset-inline: 0;
    display: flex;
    align-items: center;
    gap: 8px;
    box-sizing: border-box;
    height: ${g}px;
    padding-inline: calc(12px + min(var(--depth) * 20px, 30cqi)) 16px;
    cursor: pointer;
  }
  .item:hover {
    background: var(--maestra-field);
  }
  .item[aria-selected="true"] {
    background: var(--maestra-tint);
  }
  .space:focus-visible .item.current {
    outline: 2px solid var(--primary-color);
    outline-offset: -2px;
  }
  .twisty {
    flex: none;
    display: grid;
    place-items: center;
    width: 24px;
    height: 24px;
    color: var(--secondary-text-color);
    --mdc-icon-size: 20px;
  }
  .twisty ha-icon {
    transition: rotate 120ms;
  }
  .twisty.open ha-icon {
    rotate: 90deg;
  }
  .twisty:dir(rtl) ha-icon {
    scale: -1 1;
  }
  .kind {
    flex: none;
    color: var(--secondary-text-color);
    --mdc-icon-size: 20px;
  }
  .item.above .title,
  .item.away .title {
    color: var(--secondary-text-color);
  }
  .item .title {
    flex: 0 1 auto;
    min-width: 0;
    font-weight: normal;
  }
  .away-mark {
    flex: none;
    color: var(--secondary-text-color);
    --mdc-icon-size: 16px;
  }
  .shown {
    flex: 1 1 0;
    min-width: 20cqi;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    text-align: end;
    font-size: var(--ha-font-size-s, 12px);
    line-height: 16px;
    font-variant-numeric: tabular-nums;
    color: var(--secondary-text-color);
  }
  .shown b {
    font-weight: normal;
    color: var(--primary-text-color);
  }
  .tick,
  .no-tick {
    flex: none;
    display: grid;
    place-items: center;
    width: 20px;
    height: 20px;
    box-sizing: border-box;
  }
  .tick ha-icon {
    display: flex;
  }
  .tick {
    border: 2px solid var(--secondary-text-color);
    border-radius: 4px;
    color: transparent;
    --mdc-icon-size: 16px;
  }
  [aria-selected="true"] > .tick {
    border-color: var(--primary-color);
    background: var(--primary-color);
    color: var(--text-primary-color, #fff);
  }
  /* No room for both in a line: values below the name. */
  @container (max-width: 420px) {
    .item {
      display: grid;
      grid-template-columns: 24px 20px minmax(0, 1fr) auto auto;
      align-content: center;
      gap: 0 8px;
      padding-inline: calc(4px + min(var(--depth) * 12px, 30cqi)) 12px;
    }
    .item > * {
      grid-row: 1 / span 2;
    }
    .item .title {
      grid-row: 1;
      grid-column: 3;
      line-height: 18px;
    }
    .item .title:has(~ .shown:empty) {
      grid-row: 1 / span 2;
    }
    .shown {
      grid-row: 2;
      grid-column: 3;
      text-align: start;
    }
    .shown:empty,
    .no-tick,
    .what {
      display: none;
    }
    .away-mark {
      grid-column: 4;
    }
    .tick {
      grid-column: 5;
    }
  }
  .together {
    flex: none;
    max-height: 50%;
    overflow-y: auto;
    border-block-start: 1px solid var(--divider-color);
  }
  .together .head {
    padding-block: 6px;
  }
  @media (prefers-reduced-motion: reduce) {
    .twisty ha-icon {
      transition: none;
    }
  }
`;var ue=60,se=480,oe=250,he=4,f=class extends P{constructor(){super(...arguments);this.search="";this.scrolled=0;this.toggled=new Set;this.selected=new Set;this.found={slugs:new Set};this.errors={};this.followed={type:"maestra/tree"};this.likely=6;this.#c=new V(this);this.#d=new J((e,t)=>this.#$(e,t),()=>{this.requestUpdate()});this.#e=new Map;this.#n=R(this.#e);this.#t=[]}static{this.styles=[W,q,F,I,ie]}#c;#d;#e;#n;#t;#u;setConfig(e){e.path!==this.config?.path&&(this.search=e.path??"",this.#s(0)),super.setConfig(e)}willUpdate(e){super.willUpdate(e);let{things:t}=this;t&&t!==this.#e&&(Q(this.#e,t)||(this.#n=R(t),this.selected=new Set([...this.selected].filter(i=>t.get(i))),this.#s(oe)),this.#e=t);let[n]=this.selected;this.#c.follow(this.hass,n?{type:"maestra/entity",entity:n}:void 0)}refusal(e){return x(e)("refused_detail")}renderThings(e,t){let n=x(e.locale.language),{count:i}=this.#n,r=this.#w();return this.#t=Y(this.#n,this.#e,l=>this.#b(l,!!r),r),h`
      ${B("mdi:file-tree",t.name??n("title"),h`<span role="status"
          >${r?n("found",{count:r.size,total:i}):n("total",{count:i})}</span
        >`)}
      ${i?h`${this.#m(n,r)}${this.#t.length?this.#f(e,t,n):k("mdi:magnify",n("no_match"))}${this.#y(e,n)}`:k("mdi:cube-outline",n("none"),n("none_detail"))}
    `}#m(e,t){let n=[...t??[]].filter(i=>S(this.#e.get(i)));return h`<div class="tools">
      ${K(e("search"),this.search,i=>{this.search=i,this.#s(oe)},!!this.found.reason)}
      ${n.length&&n.some(i=>!this.selected.has(i))?h`<button
              class="pill"
              @click=${()=>{this.#o(new Set([...this.selected,...n]))}}
            >
              ${e("select_found",{count:n.length})}
            </button>`:p}
      ${this.found.reason?h`<div class="error" role="alert">${this.found.reason}</div>`:p}
    </div>`}#f(e,t,n){let i=this.#t,{first:r,end:l}=D(i.length,g,this.scrolled,this.#r?.clientHeight??se),u=this.#a,c=u>=r&&u<l;return h`<div
      class="list ${this.isSized?"fills":""}"
      tabindex="-1"
      @scroll=${a=>{this.scrolled=a.target.scrollTop}}
    >
      <div
        class="space"
        role="tree"
        tabindex="0"
        aria-label=${t.name??n("title")}
        aria-multiselectable="true"
        aria-activedescendant=${c?`row-${u}`:p}
        style=${_({height:`${i.length*g}px`})}
        @keydown=${a=>{this.#S(a)}}
        @click=${a=>{this.#x(a.target)}}
      >
        ${$(i.slice(r,l),({slug:a})=>a,(a,d)=>this.#g(e,a,n,r+d))}
      </div>
    </div>`}#g(e,t,n,i){let{slug:r,level:l,isOpen:u}=t,c=this.#e.get(r);if(!c)return p;let a=e.devices[c.device_id??""]?.name_by_user??c.name,d=i===this.#a,v=S(c),b=pe(c.values).map(m=>({label:m.label,value:me(m,e.locale)}));return h`<div
      id="row-${i}"
      class="item ${d?"current":""} ${t.isFound?"":"above"} ${c.is_online?"":"away"}"
      role="treeitem"
      aria-labelledby="row-${i}"
      data-slug=${r}
      aria-level=${l}
      aria-posinset=${t.position}
      aria-setsize=${t.beside}
      aria-expanded=${u===void 0?p:u?"true":"false"}
      aria-selected=${v?this.selected.has(r)?"true":"false":p}
      style=${_({top:`${i*g}px`,"--depth":String(l-1)})}
    >
      <span
        class="twisty ${u?"open":""}"
        title=${u===!1?n("open",{name:a}):p}
        >${u===void 0?p:h`<ha-icon icon="mdi:chevron-right"></ha-icon>`}</span
      >
      <ha-icon class="kind" .icon=${O(c.type)}></ha-icon>
      <span class="title">${a}</span>
      ${c.is_online?p:h`<ha-icon
                class="away-mark"
                icon="mdi:lan-disconnect"
                title=${n("offline")}
              ></ha-icon
              ><span class="sr-only">${n("offline")}</span>`}
      <span class="shown"
        >${b.map(({label:m,value:re},ae)=>h`${ae?" · ":""}<span class="what">${m} </span
              ><b>${re}</b>`)}</span
      >
      <span
        class=${v?"tick":"no-tick"}
        title=${v?n("select",{name:a}):p}
        >${v?h`<ha-icon icon="mdi:check-bold"></ha-icon>`:p}</span
      >
    </div>`}#y(e,t){let n=[...this.selected],[i]=n;if(!i)return p;let{live:r}=this.#c,l=r.status==="ready"?r.things.get(i):void 0,u=n.flatMap(d=>this.#e.get(d)??[]),c=ne(l?.variables??[],u),a=l?.device_id;return h`<div class="together">
      <div class="head">
        <div class="titles">
          <h3 class="title">
            ${n.length===1&&l?e.user?.is_admin&&a?h`<button
                      @click=${()=>{L(a)}}
                    >
                      ${l.name}
                    </button>`:l.name:t("selected",{count:n.length})}
          </h3>
          ${l&&!c.length?h`<div class="subtitle">${t("nothing_common")}</div>`:p}
        </div>
        <button
          class="pill"
          @click=${()=>{this.#o(new Set)}}
        >
          ${t("clear")}
        </button>
      </div>
      <div class="variables">
        ${$(c,({variable:d})=>d.name,({variable:d,differs:v})=>{let{label:b}=d;return U({variable:d,value:this.#d.shown(d.name,d.value),label:v?t("differs",{name:b}):b,locale:e.locale,disabled:!1,error:this.errors[d.name],points:void 0,set:m=>{this.#d.set(d.name,m)},refuse:m=>{this.#p(d.name,m)}})})}
      </div>
    </div>`}#w(){let e=this.search.trim();if(e)return T(e)?this.found.slugs:X(this.#e,e)}#s(e){clearTimeout(this.#u);let t=this.search.trim();if(!T(t)){this.found={slugs:new Set};return}this.#u=setTimeout(()=>{this.#v(t)},e)}async#v(e){if(!this.hass)return;let t=await A(this.hass,{type:"maestra/find",path:e});e===this.search.trim()&&(this.found="answer"in t?{slugs:new Set(t.answer.slugs)}:{slugs:new Set,reason:t.reason})}#b(e,t){return(t||this.#n.count<=ue)!==this.toggled.has(e)}#i(e){let t=new Set(this.toggled);t.delete(e)||t.add(e),this.toggled=t}#h(e){let t=new Set(this.selected);t.delete(e)||t.add(e),this.#o(t)}#o(e){this.selected=e,this.errors={}}get#r(){return this.renderRoot.querySelector(".list")}get#a(){return Math.max(0,this.#t.findIndex(({slug:e})=>e===this.current))}#x(e){let t=e.closest(".item")?.dataset.slug;t!==void 0&&(this.current=t,e.closest(".twisty")||!S(this.#e.get(t))?this.#i(t):this.#h(t))}#S(e){let t=this.#a,n=this.#t[t];if(!n||e.altKey||e.metaKey||e.ctrlKey)return;let i=Math.floor((this.#r?.clientHeight??se)/g),r=getComputedStyle(this).direction==="rtl",[l,u]=r?["ArrowLeft","ArrowRight"]:["ArrowRight","ArrowLeft"],c=ee(this.#t,t,e.key,i);if(c!==void 0)this.#l(c);else if(e.key===l)n.isOpen===!1?this.#i(n.slug):n.isOpen&&this.#l(t+1);else if(e.key===u)n.isOpen?this.#i(n.slug):this.#l(te(this.#t,t));else if(e.key===" "||e.key==="Enter")S(this.#e.get(n.slug))?this.#h(n.slug):this.#i(n.slug);else return;e.preventDefault()}#l(e){this.current=this.#t[e]?.slug;let t=this.#r;if(t){let n=e*g;n<t.scrollTop?t.scrollTop=n:n+g>t.scrollTop+t.clientHeight&&(t.scrollTop=n+g-t.clientHeight),this.scrolled=t.scrollTop}}async#$(e,t){let n=[...this.selected];if(this.hass&&n.length){let i=await H(this.hass,"set_state",{slug:n,state:{[e]:t}});this.#p(e,i)}}#p(e,t){this.errors[e]!==t&&(this.errors={...this.errors,[e]:t})}};y([w()],f.prototype,"search",2),y([w()],f.prototype,"scrolled",2),y([w()],f.prototype,"toggled",2),y([w()],f.prototype,"selected",2),y([w()],f.prototype,"current",2),y([w()],f.prototype,"found",2),y([w()],f.prototype,"errors",2);function pe(s){return s.filter(({value:o,size:e})=>o!==null||e!==void 0).slice(0,he)}function me(s,o){let{value:e,size:t,unit:n,decimals:i}=s;return t===void 0?C(e,o,{unit:n,decimals:i,...e!==null&&typeof e=="object"?{axes:Object.keys(e)}:{}}):z(o.language)("items",{count:t})}var fe={tag:"maestra-tree-card",element:f,form:Z,stub:()=>({})},Ge=fe;export{Ge as default};
