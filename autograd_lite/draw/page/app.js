// App: handles buttons, keys, slider, search and the address, and moves from step to step.

const data = JSON.parse(byId("data").textContent);
const view = new View(data);
const panel = new Panel(data, (n) => n === null ? unpick() : (unpick(), go(n)));
const forwardAt = data.vertices.map(() => 0), backwardAt = data.vertices.map(() => Infinity);
data.steps.forEach(([phase, i], n) => {
  if (phase === "forward") forwardAt[i] = n;
  if (phase === "backward") backwardAt[i] = n;
});
const lastForward = data.steps.filter(([phase]) => phase !== "backward").length - 1;
let step = 0, picked = -1, timer = 0;

function go(n, quiet = false) {
  step = Math.min(data.steps.length - 1, Math.max(0, n));
  const [phase, i] = data.steps[step];
  document.documentElement.classList.toggle("going-back", phase === "backward");
  refresh();
  if (picked < 0) panel.explain(data.steps[step], step, data.steps.length - 1);
  byId("slider").value = step;
  byId("slider").setAttribute("aria-valuetext", `step ${step}, ${phase}${i < 0 ? "" : `, ${data.vertices[i].n}`}`);
  byId("where").textContent = `Step ${step} of ${data.steps.length - 1}`;
  byId("first").disabled = byId("back").disabled = step === 0;
  byId("last").disabled = byId("next").disabled = step === data.steps.length - 1;
  if (!quiet) {
    view.reveal(view.activeNode);
    try { history.replaceState(null, "", `#step=${step}`); } catch { location.hash = `step=${step}`; }
  }
}

function refresh() {
  const [phase, active] = data.steps[step];
  view.update((i) => forwardAt[i] <= step, (i) => backwardAt[i] <= step, active, phase);
}

function move(by) {
  pause();
  unpick();
  go(step + by);
}

// Selecting a vertex

function pick(i) {
  unpick(true);
  picked = i;
  view.nodes[view.home[i]].element.classList.add("picked");
  panel.look(i, (phase, v) => data.steps.findIndex(([p, w]) => p === phase && w === v));
}

function unpick(quiet = false) {
  if (picked < 0) return;
  picked = -1;
  for (const e of document.querySelectorAll(".picked")) e.classList.remove("picked");
  if (!quiet) panel.explain(data.steps[step], step, data.steps.length - 1);
}

function pressed(target) {
  const head = target.closest(".head");
  if (head) return fold(Number(head.dataset.group), true);
  const node = target.closest(".node");
  if (!node) return;
  const [kind, i] = node.id.split("-");
  if (kind === "group") fold(Number(i), false);
  else pick(Number(i));
}

byId("graph").addEventListener("click", (e) => pressed(e.target));
byId("graph").addEventListener("keydown", (e) => {
  if (e.key !== "Enter" && e.key !== " ") return;
  e.preventDefault();
  e.stopPropagation();
  pressed(e.target);
});

// Folding and unfolding; the group stays in its place on the screen

function fold(g, closed) {
  const before = anchor(g);
  view.folded[g] = closed;
  rebuild();
  const after = anchor(g);
  view.at.x += before.x - after.x;
  view.at.y += before.y - after.y;
  view.clamp();
  view.place();
  const id = closed ? `group-${g}` : null;
  const here = view.nodes.find((n) => n.group === g);
  if (!closed && view.at.k < 0.5) {
    const [w, h] = view.size();
    view.at = {k: 0.9, x: w * 0.3 - here.x * 0.9, y: h / 2 - here.y * 0.9};
    view.place();
  }
  view.reveal(here);
  const next = id ? byId(id) : document.querySelector(`.head[data-group="${g}"]`);
  next?.focus({preventScroll: true});
}

function anchor(g) {
  const own = view.nodes.filter((n) => n.group === g);
  const x = Math.min(...own.map((n) => n.x)), y = own.reduce((s, n) => s + n.y, 0) / own.length;
  return {x: x * view.at.k + view.at.x, y: y * view.at.k + view.at.y};
}

function foldAll() {
  const open = view.folded.some((f) => !f);
  view.folded.fill(open);
  rebuild();
  view.fit(0.9);
  view.reveal(view.activeNode);
}

function rebuild() {
  view.build();
  refresh();
  if (picked >= 0) view.nodes[view.home[picked]].element.classList.add("picked");
  byId("fold").textContent = view.folded.some((f) => !f) ? "Fold all" : "Unfold all";
}

// Search

let found = [], at = -1;

function search(text) {
  const words = text.trim().toLowerCase();
  found = words ? data.vertices.map((v, i) => [v, i])
    .filter(([v]) => `${v.n} = ${v.e ?? ""} ${v.o ?? ""} d${v.n}`.toLowerCase().includes(words))
    .map(([, i]) => i) : [];
  const exact = found.findIndex((i) => data.vertices[i].n.toLowerCase() === words);
  if (exact > 0) found.unshift(...found.splice(exact, 1));
  at = -1;
  byId("found").textContent = !words ? "" : `${found.length} match${found.length === 1 ? "" : "es"}`;
  const homes = new Set(found.map((i) => view.home[i]));
  view.nodes.forEach((n, i) => n.element.classList.toggle("match", homes.has(i)));
}

byId("search").addEventListener("input", (e) => search(e.target.value));
byId("finder").addEventListener("submit", (e) => {
  e.preventDefault();
  if (!found.length) return;
  at = (at + 1) % found.length;
  const i = found[at], g = data.vertices[i].g ?? -1;
  if (g >= 0 && view.folded[g]) {
    view.folded[g] = false;
    rebuild();
  }
  pick(i);
  view.reveal(view.nodes[view.home[i]]);
  byId("found").textContent = `${at + 1} of ${found.length}`;
});

// Playing

function pause() {
  clearInterval(timer);
  timer = 0;
  byId("play").textContent = "▶\uFE0E Play";
}

function play() {
  if (timer) return pause();
  unpick();
  if (step === data.steps.length - 1) go(0);
  byId("play").textContent = "⏸\uFE0E Pause";
  timer = setInterval(() => {
    go(step + 1);
    if (step === data.steps.length - 1) pause();
  }, 1100);
}

// Light and dark

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  paint(byId("panel"));
}

const dark = matchMedia("(prefers-color-scheme: dark)");
function remembered() { try { return localStorage.getItem("theme"); } catch { return null; } }
setTheme(remembered() ?? (dark.matches ? "dark" : "light"));
dark.addEventListener("change", () => { if (!remembered()) setTheme(dark.matches ? "dark" : "light"); });
function toggleTheme() {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  setTheme(theme);
  try { localStorage.setItem("theme", theme); } catch { /* without storage the choice is not kept */ }
}

// The tooltip

const tooltip = byId("tooltip");
byId("graph").addEventListener("pointerover", (e) => {
  const node = e.target.closest(".node");
  if (!node) { tooltip.hidden = true; return; }
  const [kind, i] = node.id.split("-");
  const n = view.nodes.find((m) => m.element === node);
  const lines = kind === "group" ? [el("b", n.name), el("div", contents(n)), el("div.quiet", "click to unfold")]
    : about(Number(i));
  tooltip.replaceChildren(...lines);
  tooltip.hidden = false;
  const r = node.getBoundingClientRect(), s = byId("stage").getBoundingClientRect();
  const below = r.bottom - s.top + 10;
  tooltip.style.left = `${Math.max(8, Math.min(r.left - s.left, s.width - 340))}px`;
  tooltip.style.top = below + tooltip.offsetHeight < s.height ? `${below}px`
    : `${Math.max(8, r.top - s.top - tooltip.offsetHeight - 10)}px`;
});
byId("graph").addEventListener("pointerleave", () => { tooltip.hidden = true; });

function about(i) {
  const v = data.vertices[i], value = data.arrays[v.v];
  const known = forwardAt[i] <= step, graded = backwardAt[i] <= step;
  return [
    el("b", v.n), v.e ? el("span", ` = ${v.e}`) : "",
    el("div.quiet", `${v.k === "step" ? "result" : v.k}, ${shapeText(value)} ${value.t}`),
    known ? el("div", `value: ${brief(value)}`) : el("div.quiet", "not computed yet"),
    graded ? el("div", `d${v.n}: ${brief(data.arrays[v.d])}`) : "",
    v.c ? el("div.quiet", v.c) : "", v.l ? el("div.quiet", v.l) : "",
  ].filter(Boolean);
}

function contents(n) {
  const calls = n.members.map((i) => data.vertices[i]).filter((v) => v.o).map((v) => v.o);
  const own = n.members.map((i) => data.vertices[i]).filter((v) => v.k === "parameter").map((v) => v.n);
  const list = (words) => words.slice(0, 8).join(", ") + (words.length > 8 ? ", …" : "");
  return [list(own), list([...new Set(calls)])].filter(Boolean).join("; ");
}

// Buttons and keys

const actions = {
  first: () => move(-step), back: () => move(-1), play, next: () => move(1),
  last: () => move(data.steps.length), fold: foldAll, theme: toggleTheme,
  larger: () => view.zoom(1.3), smaller: () => view.zoom(1 / 1.3), fit: () => view.fit(),
  asks: () => byId("help").showModal(),
};
for (const [id, act] of Object.entries(actions)) byId(id).addEventListener("click", act);
byId("slider").max = data.steps.length - 1;
byId("slider").addEventListener("input", (e) => { pause(); unpick(); go(Number(e.target.value)); });

const keys = {
  ArrowRight: "next", ArrowLeft: "back", Home: "first", End: "last", " ": "play", "+": "larger",
  "=": "larger", "-": "smaller", 0: "fit", f: "fold", t: "theme", "?": "asks",
};
document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || byId("help").open) return;
  if (e.key === "Escape") {
    if (document.activeElement === byId("search")) { byId("search").value = ""; search(""); byId("search").blur(); }
    return unpick();
  }
  const typing = document.activeElement === byId("search");
  const inButton = document.activeElement?.tagName === "BUTTON" && e.key === " ";
  const onSlider = document.activeElement === byId("slider") && /^(Arrow|Home|End)/.test(e.key);
  if (typing || inButton || onSlider) return;
  if (e.key === "/") { e.preventDefault(); byId("search").focus(); return; }
  if (e.key in keys) { e.preventDefault(); actions[keys[e.key]](); }
});

function fromAddress() {
  const n = /step=(\d+)/.exec(location.hash);
  return n ? Number(n[1]) : 0;
}
addEventListener("hashchange", () => { unpick(); go(fromAddress()); });
addEventListener("resize", () => view.place());

// Start

const words = {parameter: "parameter", input: "input", step: "result", cost: "cost", group: "folded"};
for (const [kind, word] of Object.entries(words)) {
  const there = kind === "group" ? data.groups.length : data.vertices.some((v) => v.k === kind);
  if (there) byId("legend").append(el("span", el(`i.${kind}`), word));
}
byId("fold").hidden = !data.groups.length;
const share = lastForward / Math.max(1, data.steps.length - 1) * 100;
byId("halves").children[0].style.width = `${share}%`;
byId("halves").children[1].style.width = `${100 - share}%`;
byId("halves").children[1].hidden = share === 100;
rebuild();
view.fit(0.9);
go(fromAddress());
