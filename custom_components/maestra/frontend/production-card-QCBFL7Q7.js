import{a as f}from"./chunk-CQMMQSKE.js";import"./chunk-MUM5PN7O.js";import{a as g}from"./chunk-J43EKMMP.js";import{a as P}from"./chunk-EIPD6CFP.js";import{a as $}from"./chunk-2AN5FD5T.js";import{g as C,i as S,l as O,m as R,n as L}from"./chunk-36TFBGEQ.js";import{a as _,b as d,e as c,i as k}from"./chunk-6QWE7WWO.js";import"./chunk-QCXDA7CQ.js";import{a as b}from"./chunk-OUEOOLBF.js";import{a as w}from"./chunk-JFKSI6I7.js";var z={form_production:"Produktion",form_name:"Titel",live:"Live",off_air:"Nicht auf Sendung",paused:"Warteschlange angehalten",screen:"Was das Overlay zeigt",queue:"Warteschlange",empty:"Nichts wartet",clear:"Übernahme beenden",remove:"{item} entfernen",none:"Keine Stream-Produktion",none_detail:"Füge eine unter Einstellungen, Geräte & Dienste zu Maestra hinzu.",refused_detail:"Nur wer alles lesen darf, sieht, was eine Produktion zeigt."};var T={form_production:"Production",form_name:"Title",live:"Live",off_air:"Off air",paused:"Queue paused",screen:"What the overlay shows",queue:"Queue",empty:"Nothing waits",clear:"End the takeover",remove:"Remove {item}",none:"No stream production",none_detail:"Add one to Maestra under Settings, Devices & services.",refused_detail:"Only who may read everything sees what a production shows."};function p(r){return b({en:T,de:z},r)}var Q="Stream production";function q(r){let o=p(r);return{schema:[{name:"production",selector:{device:{filter:[{integration:"maestra",model:Q}]}}},{name:"name",selector:{text:{}}}],computeLabel:({name:e})=>o(`form_${e}`)}}var Y=["background","midground","foreground"];function M(r,o){let e=[...r].filter(t=>t!==null).sort((t,s)=>t.name.localeCompare(s.name));return o===void 0?e[0]:e.find(t=>[t.device_id,t.name,t.id].includes(o))}function N(r){return Y.flatMap(o=>{let{state:e,content:t}=r.layers[o];return t&&e!=="hidden"?[{layer:o,state:e,type:t.type,...u(t)}]:[]})}function u({type:r,data:o,words:e}){if(e)return{title:e.title,text:e.text};let t=l(o.count),s=l(o.message)??l(o.text)??(t&&`× ${t}`);return{title:l(o.title)??l(o.person)??l(o.latest_subscriber)??I(r),text:s??""}}function D(r){let{title:o,text:e}=u(r),t=I(r.type);return[e,t===o?"":t].filter(Boolean).join(" · ")}function I(r){let o=r.replace(/[._-]+/g," ");return o.charAt(0).toUpperCase()+o.slice(1)}function E({show:r,shows:o}){return o.find(({key:e})=>e===r)?.name??r}function l(r){return typeof r=="string"||typeof r=="number"?String(r):void 0}var F=_`
  .screen {
    position: relative;
    aspect-ratio: 16 / 9;
    margin: 0 12px 12px;
    overflow: hidden;
    border-radius: var(--maestra-radius);
    background: repeating-conic-gradient(
        var(--maestra-field) 0 25%,
        transparent 0 50%
      )
      0 / 24px 24px;
  }
  .shown {
    position: absolute;
    max-width: 70%;
    box-sizing: border-box;
    padding: 6px 10px;
    overflow: hidden;
    border-inline-start: 4px solid var(--primary-color);
    border-radius: 6px;
    background: var(--card-background-color);
    color: var(--primary-text-color);
    box-shadow: var(--ha-card-box-shadow, 0 1px 4px rgb(0 0 0 / 30%));
  }
  .shown[data-layer="foreground"] {
    inset-block-start: 6%;
    inset-inline: 15%;
    margin-inline: auto;
    width: fit-content;
  }
  .shown[data-layer="midground"] {
    inset-block-end: 6%;
    inset-inline-start: 4%;
    max-width: 44%;
  }
  .shown[data-layer="background"] {
    inset-block-end: 6%;
    inset-inline-end: 4%;
    max-width: 44%;
  }
  .shown[data-type="takeover"] {
    inset: 0;
    display: grid;
    place-content: center;
    width: auto;
    max-width: none;
    border: 0;
    text-align: center;
  }
  .shown[data-state="interrupted"] {
    opacity: 0.5;
  }
  .shown b,
  .shown span,
  .words {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .shown span {
    font-size: var(--ha-font-size-s, 12px);
    color: var(--secondary-text-color);
  }
  .queue {
    margin: 0;
    padding: 0 12px 12px;
    overflow-y: auto;
    list-style: none;
  }
  .queue li {
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: 40px;
    color: var(--primary-text-color);
  }
  .words {
    flex: 1;
    min-width: 0;
  }
  .queue small {
    color: var(--secondary-text-color);
  }
`;var m=class extends O{constructor(){super(...arguments);this.likely=6}static{this.styles=[R,L,S,F]}get followed(){return{type:"maestra/productions"}}refusal(e){return p(e)("refused_detail")}renderThings(e,t,s){let i=p(e.locale.language),a=M(s.values(),t.production);if(!a)return C("mdi:movie-open-off",i("none"),i("none_detail"));let{is_live:y,is_paused:A,can_control:x,queue:h}=a,W=[i(y?"live":"off_air"),E(a),...A?[i("paused")]:[]].join(" · "),v=(n,j={})=>()=>{this.#t(e,n,{production:a.id,...j})};return d`
      ${P(y?"mdi:broadcast":"mdi:movie-open-outline",t.name??a.name,W,x&&a.takeover?g("mdi:close",i("clear"),v("clear_takeover")):c)}
      <div class="screen" role="img" aria-label=${i("screen")}>
        ${f(N(a),({layer:n})=>n,n=>d`<div
              class="shown"
              data-layer=${n.layer}
              data-state=${n.state}
              data-type=${n.type}
            >
              <b>${n.title}</b>
              ${n.text?d`<span>${n.text}</span>`:c}
            </div>`)}
      </div>
      <ul class="queue" aria-label=${i("queue")}>
        ${h.length?f(h,({id:n})=>n,n=>this.#e(n,x,v,i)):d`<li><small>${i("empty")}</small></li>`}
      </ul>
      ${this.reason?d`<div class="note" role="alert">${this.reason}</div>`:c}
    `}#e(e,t,s,i){let{title:a}=u(e);return d`<li>
      <span class="words">
        ${a}
        <small>${D(e)}</small>
      </span>
      ${t?g("mdi:close",i("remove",{item:a}),s("remove_item",{item:e.id})):c}
    </li>`}async#t(e,t,s){this.reason=await $(e,t,s)}};w([k()],m.prototype,"reason",2);var G={tag:"maestra-production-card",element:m,form:q,stub:()=>({})},he=G;export{he as default};
