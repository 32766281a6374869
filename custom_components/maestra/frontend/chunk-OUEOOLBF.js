function y(e,n){let t=e[n]??e[n.split("-")[0]??""];return(r,i={})=>(t??e.en)[r].replace(/\{(\w+)\}/g,(o,s)=>String(i[s]??""))}export{y as a};
