var o={name:"hours",selector:{number:{min:1,max:87600,mode:"box"}}};export{o as a};
