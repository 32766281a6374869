// A WASM program with its files in memory, as it was at one moment.
// Going back to it takes a tenth of a new start, and keeps what the engine has compiled and optimised.

const PAGE = 65536;

let instances = 0;
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(Instance, words) {
    instances += 1;
    return new Instance(...words);
  },
});

// To be taken and gone back to only while the program does nothing.
export class Snapshot {
  #module;
  #instances = instances;
  #pages = new Map();
  #nodes = [];
  #streams;
  #names;

  constructor(module) {
    this.#module = module;
    const { FS, HEAPU8 } = module;
    const zeros = Buffer.alloc(PAGE);
    for (let start = 0; start < HEAPU8.length; start += PAGE) {
      const page = HEAPU8.subarray(start, start + PAGE);
      if (!zeros.equals(page)) this.#pages.set(start, page.slice());
    }
    this.#walk(FS.root);
    this.#names = FS.nameTable.slice();
    this.#streams = FS.streams.map((stream) => stream && { stream, own: { ...stream }, shared: { ...stream.shared } });
  }

  // Returns whether it could: code that was loaded since is known outside of the program's memory.
  restore() {
    if (this.#instances !== instances) return false;
    const { FS, HEAPU8 } = this.#module;
    for (let start = 0; start < HEAPU8.length; start += PAGE) {
      const page = this.#pages.get(start);
      if (page) HEAPU8.set(page, start);
      else HEAPU8.fill(0, start, start + PAGE);
    }
    for (const { node, own, content } of this.#nodes) {
      Object.assign(node, own);
      node.contents = content && (content.buffer ? content.slice() : { ...content });
    }
    FS.nameTable = this.#names.slice();
    FS.streams = this.#streams.map((kept) => {
      if (!kept) return null;
      Object.assign(kept.stream, kept.own);
      Object.assign(kept.stream.shared, kept.shared);
      return kept.stream;
    });
    return true;
  }

  #walk(node) {
    const { FS } = this.#module;
    const { contents } = node;
    let content = contents;
    if (FS.isDir(node.mode)) content = contents && { ...contents };
    else if (contents) content = contents.slice(0, node.usedBytes);
    this.#nodes.push({ node, own: { ...node }, content });
    if (node.mounted && node.mounted.root !== node) this.#walk(node.mounted.root);
    else if (FS.isDir(node.mode)) for (const child of Object.values(contents ?? {})) this.#walk(child);
  }
}
