// TimescaleDB's community edition (a WASM build) behind a TCP port of 127.0.0.1.
//
//   node proxy.mjs <folder of the npm package's dist>      prints the port when it takes connections
//
// It ends with its standard input: with the tests, however they end.
// A connection with another database name than the last one's gets an empty database with the extension;
// the last one is gone then. The name `keep` gives the last one, and from then on whoever asks for a name with `tables_`
// gets what was in it. It is one backend: all connections share its session and its transaction.
// The build wants whole questions: messages are collected until one that asks for an answer, and a COPY
// until its data has come.
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { pathToFileURL } from "node:url";
import { Snapshot } from "./snapshot.mjs";

const dist = (file) => pathToFileURL(`${process.argv[2]}/${file}`).href;
const { PGlite } = await import(dist("index.js"));
const { timescaledb } = await import(dist("timescaledb/index.js"));
const { ltree } = await import(dist("contrib/ltree.js"));
const wasmModule = await WebAssembly.compile(await readFile(`${process.argv[2]}/pglite.wasm`));

const SSL_REQUEST = 80877103;
const [QUERY, TERMINATE, COPY_REPLY] = Buffer.from("QXG");
const ASKS = new Set(Buffer.from("pQSHcf"));
const COPY_MAY_COME = Buffer.from("G\0\0\0\x07\x01\0\0", "latin1");

let database;
let name;
let empty;
let tables;
let turn = Promise.resolve();
const connections = new Set();

// The first one is made; the others are what it was then.
async function open(wanted) {
  if (wanted === name) return;
  if (wanted === "keep") {
    await forget();
    tables = new Snapshot(database.Module);
    return;
  }
  name = undefined;
  if (!(wanted.startsWith("tables_") ? tables : empty)?.restore()) await make();
  name = wanted;
}

async function make() {
  await database?.close();
  database = await PGlite.create({ extensions: { timescaledb, ltree }, wasmModule });
  await database.exec("CREATE EXTENSION timescaledb");
  // All code that may be asked for: what is loaded later is not in the snapshot.
  const { rows } = await database.query("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'");
  for (const library of ["plpgsql", "ltree", `timescaledb-tsl-${rows[0].extversion}`]) await database.exec(`LOAD '${library}'`);
  empty = new Snapshot(database.Module);
}

async function ask(question, isCopy) {
  const answer = Buffer.from(await database.execProtocolRaw(question));
  return isCopy && answer[0] === COPY_REPLY ? answer.subarray(1 + answer.readUInt32BE(1)) : answer;
}

async function forget() {
  await database?.exec("ROLLBACK");
  await database?.exec("DEALLOCATE ALL; SELECT pg_advisory_unlock_all()");
}

const databaseOf = (startup) => /\0database\0([^\0]*)\0/.exec(startup.toString("latin1"))?.[1];
const isCopyIn = (message) => message[0] === QUERY && /^COPY .*FROM STDIN/is.test(message.toString("latin1", 5));

createServer({ noDelay: true }, (socket) => {
  let rest = Buffer.alloc(0);
  let batch = [];
  let started = false;
  connections.add(socket);

  const hand = () => {
    const question = Buffer.concat(batch);
    const [first] = batch;
    const opening = started ? undefined : databaseOf(first);
    batch = [];
    turn = turn
      .then(() => opening && open(opening))
      .then(() => ask(question, isCopyIn(first)))
      .then((answer) => socket.write(answer))
      .catch((error) => socket.destroy(error));
  };

  const leave = () => {
    if (connections.delete(socket) && !connections.size) turn = turn.then(forget).catch(() => {});
  };

  socket.on("error", () => socket.destroy());
  socket.on("close", leave);
  socket.on("data", (data) => {
    rest = Buffer.concat([rest, data]);
    for (;;) {
      const start = started ? 1 : 0; // the first messages have no letter
      if (rest.length < start + 4) return;
      const end = start + rest.readUInt32BE(start);
      if (rest.length < end) return;
      const message = rest.subarray(0, end);
      rest = rest.subarray(end);
      if (!started && message.readUInt32BE(4) === SSL_REQUEST) {
        socket.write("N");
        continue;
      }
      if (started && message[0] === TERMINATE) {
        leave();
        return socket.end();
      }
      batch.push(message);
      if (started && isCopyIn(message)) socket.write(COPY_MAY_COME);
      else if (!started || ASKS.has(message[0])) hand();
      started = true;
    }
  });
}).listen(0, "127.0.0.1", function () {
  console.log(this.address().port);
});

process.stdin.on("end", () => process.exit()).resume();
