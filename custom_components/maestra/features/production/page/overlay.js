// An overlay for a browser source. OBS brings a Chromium of 2024 or older: no newer JavaScript than that.
// What is shown comes from strangers: it becomes text, never markup.
(() => {
  const FIRST_RETRY = 500;
  const LAST_RETRY = 10_000;
  const EASING = "cubic-bezier(0.25, 0.46, 0.45, 0.94)";
  const ANIMATIONS = {
    entering: "enter",
    exiting: "exit",
    interrupted: "interrupt",
    active: "resume",
  };
  // Fields that templates show in a place of their own, or that say nothing to people.
  const TAKEN = new Set(["title", "message", "person", "takeover", "count", "id", "type", "time"]);

  const CHAT_SHOWN = 8;
  const CHAT_KEPT = 50;

  const layers = new Map();
  let chat = [];
  let durations = {};
  let looks = {};

  const element = (tag, text, className) => {
    const made = document.createElement(tag);
    if (text !== undefined) {
      made.textContent = text;
    }
    if (className) {
      made.className = className;
    }
    return made;
  };

  const words = (name) => {
    const text = String(name).replace(/^channel\./, "").replace(/[._-]+/g, " ");
    return text.charAt(0).toUpperCase() + text.slice(1);
  };

  const isPlain = (value) => ["string", "number", "boolean"].includes(typeof value);

  // Content of any type may have any data: what is no text is left out.
  const plain = (value) => (isPlain(value) ? String(value) : undefined);

  const panel = (...parts) => {
    const made = element("div", undefined, "panel");
    made.append(...parts.filter(Boolean));
    return made;
  };

  const facts = (data) => {
    const list = element("dl");
    for (const [name, value] of Object.entries(data)) {
      if (!TAKEN.has(name) && isPlain(value)) {
        list.append(element("dt", words(name)), element("dd", String(value)));
      }
    }
    return list.childElementCount ? list : null;
  };

  const countdown = (content) => {
    const until = Date.parse(content.expires_at ?? "");
    const left = until - Date.now();
    if (!(left > 0)) {
      return null;
    }
    const bar = element("div", undefined, "left");
    const whole = Math.max(until - Date.parse(content.started_at), left);
    bar.animate([{ transform: `scaleX(${left / whole})` }, { transform: "scaleX(0)" }], {
      duration: left,
      fill: "forwards",
    });
    return bar;
  };

  const headline = (content) => {
    const { title, person } = content.data;
    return element("h1", plain(title) ?? plain(person) ?? words(content.type));
  };

  const paragraph = (value) => (plain(value) ? element("p", plain(value)) : null);

  const event = (data) =>
    paragraph([words(plain(data?.type) ?? ""), plain(data?.person)].filter(Boolean).join(" · "));

  // Without a prototype: the type of content may be any word, `constructor` too.
  const TEMPLATES = {
    __proto__: null,
    takeover: ({ data }) => element("div", plain(data.message) ?? "", "takeover"),
    sub_train: (content) =>
      panel(
        element("span", plain(content.data.count) ?? "1", "count"),
        element("h1", plain(content.data.latest_subscriber) ?? ""),
        countdown(content),
      ),
    events_timeline: ({ data }) => {
      const list = element("ol");
      for (const part of Array.isArray(data.entries) ? data.entries.map(event) : []) {
        const item = element("li");
        item.append(part ?? "");
        list.append(item);
      }
      return panel(list);
    },
    caption: ({ data }) => element("p", plain(data.text) ?? "", "caption"),
    latest_event: ({ data }) => panel(event(data)),
    chat: () => {
      const list = element("ul", undefined, "chat");
      for (const said of chat.slice(-CHAT_SHOWN)) {
        const line = element("li");
        const name = element("b", said.person);
        if (/^#[0-9a-f]{6}$/i.test(said.color)) {
          name.style.color = said.color;
        }
        line.append(name, " ", said.text);
        list.append(line);
      }
      return list;
    },
  };

  const usual = (content) => panel(headline(content), paragraph(content.data.message), facts(content.data));

  // What the user has written for this type of content.
  const written = ({ words: { title, text, look } }) => {
    const made = element("div", undefined, look === "panel" ? "panel" : look);
    made.append(element("h1", title), ...(text ? [element("p", text)] : []));
    return made;
  };

  const layerOf = (name) => {
    let layer = layers.get(name);
    if (!layer) {
      const box = element("section", undefined, "layer");
      box.dataset.layer = name;
      box.dataset.state = "hidden";
      document.body.append(box);
      layer = { box, shown: "", id: null };
      layers.set(name, layer);
    }
    return layer;
  };

  const draw = (layer, content) => {
    const shown = JSON.stringify(content);
    if (shown === layer.shown) {
      return;
    }
    layer.shown = shown;
    if (!content) {
      layer.box.replaceChildren();
      layer.id = null;
      return;
    }
    layer.box.dataset.type = content.type;
    layer.box.replaceChildren((content.words ? written : (TEMPLATES[content.type] ?? usual))(content));
    if (layer.id !== null && layer.id !== content.id) {
      layer.box.firstElementChild.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 200 });
    }
    layer.id = content.id;
  };

  const pose = ({ opacity, y, scale }) => ({ opacity, transform: `translateY(${y}px) scale(${scale})` });

  const move = (name, layer, state) => {
    const before = layer.box.dataset.state;
    if (before === state) {
      return;
    }
    const from =
      before === "hidden"
        ? pose(looks[name].hidden)
        : { opacity: getComputedStyle(layer.box).opacity, transform: getComputedStyle(layer.box).transform };
    layer.box.dataset.state = state;
    // What has entered is where it is already: it only ends its way.
    if (state === "hidden" || (before === "entering" && state === "active")) {
      return;
    }
    for (const animation of layer.box.getAnimations()) {
      animation.cancel();
    }
    layer.box.animate([from, pose(looks[name][state])], {
      duration: 1000 * durations[ANIMATIONS[state]],
      easing: EASING,
      fill: "forwards",
    });
  };

  // What moderators take away is gone here too.
  const CHAT = {
    __proto__: null,
    "channel.chat.message": (data) => {
      const { message_id: id, user_id: user, color } = data;
      chat.push({ id, user, color, person: plain(data.person) ?? "", text: plain(data.message) ?? "" });
    },
    "channel.chat.message_delete": (data) => {
      chat = chat.filter((said) => said.id !== data.message_id);
    },
    "channel.chat.clear_user_messages": (data) => {
      chat = chat.filter((said) => said.user !== data.target_user_id);
    },
    "channel.chat.clear": () => {
      chat = [];
    },
  };

  const hear = (events) => {
    for (const happened of events) {
      CHAT[happened.type]?.(happened);
    }
    chat = chat.slice(-CHAT_KEPT);
    for (const { box } of layers.values()) {
      if (box.dataset.type === "chat" && box.firstElementChild) {
        box.replaceChildren(TEMPLATES.chat());
      }
    }
  };

  const take = (message) => {
    if (message.looks) {
      ({ durations, looks } = message);
      for (const [name, zIndex] of Object.entries(message.z_index)) {
        layerOf(name).box.style.zIndex = zIndex;
      }
    }
    for (const [name, { state, content }] of Object.entries(message.layers ?? {})) {
      const layer = layerOf(name);
      draw(layer, content);
      move(name, layer, state);
    }
    if (message.events) {
      hear(message.events);
    }
  };

  let retry = FIRST_RETRY;
  const connect = () => {
    const address = new URL("feed/socket", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    socket.addEventListener("message", ({ data }) => {
      retry = FIRST_RETRY;
      take(JSON.parse(data));
    });
    socket.addEventListener("close", () => {
      setTimeout(connect, retry * (0.75 + Math.random() / 2));
      retry = Math.min(2 * retry, LAST_RETRY);
    });
  };
  connect();
})();
