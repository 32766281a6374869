function i(n,e,r,t){let b=Math.max(0,Math.floor(r/e)-6);return{first:Math.min(b,n),end:Math.min(n,Math.ceil((r+t)/e)+6)}}export{i as a};
