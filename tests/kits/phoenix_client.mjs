// A client with phoenix.js as dashboards have it: node phoenix_client.mjs MODULE URL. Told by lines of JSON, and tells in lines of JSON.
import { createInterface } from "node:readline";

const [, , module, url] = process.argv;
const { Socket } = await import(module);
const tell = (told) => process.stdout.write(`${JSON.stringify(told)}\n`);

const socket = new Socket(url, {
  params: { environment: "test" },
  transport: WebSocket,
  heartbeatIntervalMs: 100,
  reconnectAfterMs: () => 50,
  rejoinAfterMs: () => 50,
});
socket.onOpen(() => tell({ what: "open" }));
socket.onClose(({ code }) => tell({ what: "closed", code }));
socket.onMessage(({ topic, event, payload }) => {
  if (topic === "phoenix") tell({ what: "heartbeat", status: payload.status });
  else if (!event.startsWith("phx_") && !event.startsWith("chan_"))
    tell({ what: "told", topic, event, payload });
});
socket.connect();

const channels = new Map();
const outcome = (push, what, topic) =>
  ["ok", "error", "timeout"].forEach((status) =>
    push.receive(status, (response) => tell({ what, topic, status, response })),
  );
for await (const line of createInterface({ input: process.stdin })) {
  const { join, leave, ask, event, payload } = JSON.parse(line);
  if (join) {
    const channel = socket.channel(join, {});
    channel.onClose(() => tell({ what: "left", topic: join }));
    channels.set(join, channel);
    outcome(channel.join(), "joined", join);
  } else if (leave) channels.get(leave).leave();
  else outcome(channels.get(ask).push(event, payload), "answered", ask);
}
process.exit(0);
