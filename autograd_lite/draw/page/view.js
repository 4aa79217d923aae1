// View: draws the graph as SVG, and shows how far the computation has come.

const SVG = "http://www.w3.org/2000/svg";
const FONT = "13px system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif";
const SMALL = FONT.replace("13", "11");
const byId = (id) => document.getElementById(id);

function svg(tag, attributes = {}, ...children) {
  const e = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  e.append(...children);
  return e;
}

// Return a number as Python's drawings print it.
function show(x, digits = 4) {
  if (typeof x !== "number") return String(x);
  if (Number.isInteger(x) && Math.abs(x) < 1e6) return String(x);
  const far = x !== 0 && (Math.abs(x) < 1e-4 || Math.abs(x) >= 1e6);
  const short = far ? x.toExponential(digits - 1) : String(Number(x.toPrecision(digits)));
  return short.replace(/\.?0*e\+?/, "e");
}

const BARS = 56;  // width of a histogram
const isScalar = (a) => a.x && a.x.length === 1;
const shapeText = (a) => a.several ? `${a.s[0]} arrays`
  : `(${a.s.join(", ")}${a.s.length === 1 ? "," : ""})`;

class View {
  constructor(data) {
    this.data = data;
    this.folded = data.groups.map((g) => Boolean(g.f));
    this.at = {x: 0, y: 0, k: 1};
    this.ruler = document.createElement("canvas").getContext("2d");
    this.listen();
  }

  // Make a node for each vertex, or for each folded group.
  build() {
    const {vertices, edges, groups} = this.data;
    this.nodes = [];
    this.home = [];
    const groupNode = {};
    vertices.forEach((v, i) => {
      const g = v.g ?? -1;
      if (g >= 0 && this.folded[g]) {
        if (!(g in groupNode)) {
          groupNode[g] = this.nodes.length;
          this.nodes.push({kind: "group", group: g, folded: true, members: [], end: false});
        }
        this.home[i] = groupNode[g];
        this.nodes[groupNode[g]].members.push(i);
      } else {
        this.home[i] = this.nodes.length;
        const end = v.k === "parameter" || v.k === "input";
        this.nodes.push({kind: v.k, group: g, folded: false, members: [i], end});
      }
    });
    const seen = new Map();
    this.edges = [];
    edges.forEach((e, n) => {
      const a = this.home[e.a], b = this.home[e.b];
      if (a === b) return;
      const crossing = this.nodes[a].folded || this.nodes[b].folded;
      const key = crossing ? `${a}>${b}` : `${a}>${b}:${e.i}`;
      if (seen.has(key)) { seen.get(key).members.push(n); return; }
      const edge = {a, b, i: e.i, members: [n]};
      seen.set(key, edge);
      this.edges.push(edge);
    });
    for (const n of this.nodes) this.measure(n);
    this.frames = layoutGraph(this.nodes, this.edges, groups.length);
    this.draw();
  }

  measure(n) {
    const v = this.data.vertices[n.members[0]];
    n.name = n.folded ? this.data.groups[n.group].n : v.n;
    n.expression = n.folded ? "" : v.e || "";
    const most = 34;
    n.shown = n.expression.length > most ? n.expression.slice(0, most - 1) + "…" : n.expression;
    this.ruler.font = `700 ${FONT}`;
    const name = this.ruler.measureText(n.name).width;
    this.ruler.font = FONT;
    const rest = n.shown ? this.ruler.measureText(` = ${n.shown}`).width : 0;
    let low = this.ruler.measureText(n.folded ? "100 of 100 gradients" : `d${n.name} = -1.234e-10`).width;
    if (!n.folded && !isScalar(this.data.arrays[v.v])) {
      low = this.ruler.measureText(`d${n.name} = ${shapeText(this.data.arrays[v.v])}`).width + BARS;
    }
    n.w = Math.ceil(Math.max(name + rest, low, 84) + 26);
    n.h = n.kind === "input" ? 48 : 66;
  }

  draw() {
    const world = byId("world");
    world.replaceChildren();
    const layers = ["clusters", "edges", "nodes", "flows"].map((c) => svg("g", {class: c}));
    world.append(...layers);
    const [clusters, edges, nodes] = layers;
    this.flows = layers[3];
    for (const f of this.frames) clusters.append(this.cluster(f));
    for (const e of this.edges) {
      e.path = svg("path", {class: "edge", d: pathOf(e.points), "marker-end": "url(#tip)"});
      e.group = svg("g", {}, e.path);
      e.layer = edges;
      edges.append(e.group);
      if (e.far) {
        const [x, y] = e.points[0];
        e.group.append(svg("text", {class: "far", x: x - 4, y: y + 4}, `${this.nodes[e.a].name} ↑`));
      }
    }
    for (const n of this.nodes) {
      nodes.append(this.node(n));
      n.layer = nodes;
    }
    if (this.nodes.length > MANY) {
      for (const n of this.nodes) hide(n, n.element, true);
      for (const e of this.edges) hide(e, e.group, true);
    }
    this.box = this.bounds();
    this.drawMap();
  }

  cluster(f) {
    const name = this.data.groups[f.group].n;
    const head = svg("g", {class: "head", role: "button", tabindex: "0",
                           "aria-label": `Fold ${name}`, "data-group": f.group},
      svg("rect", {x: f.x + 6, y: f.y + 4, width: f.w - 12, height: HEAD - 4, "fill-opacity": 0,
                   "stroke-opacity": 0}),
      svg("text", {x: f.x + PAD, y: f.y + 20}, `⊟ ${name}`));
    const frame = svg("rect", {x: f.x, y: f.y, width: f.w, height: f.h, rx: 10});
    return svg("g", {class: "cluster"}, frame, head);
  }

  node(n) {
    const {x, w, h} = n, y = n.y - h / 2;
    const v = this.data.vertices[n.members[0]];
    const id = n.folded ? `group-${n.group}` : `vertex-${n.members[0]}`;
    const g = svg("g", {class: `node ${n.kind}`, id, role: "button", tabindex: "0"});
    g.append(svg("path", {class: "halo", d: outline("box", x - 5, y - 5, w + 10, h + 10)}));
    if (n.folded) g.append(svg("path", {class: "second", d: outline("group", x + 5, y + 5, w, h)}));
    g.append(svg("path", {class: "body", d: outline(n.kind, x, y, w, h)}));
    if (n.kind === "cost") {
      g.append(svg("path", {class: "second", d: outline("cost", x + 3.5, y + 3.5, w - 7, h - 7)}));
    }
    const name = svg("tspan", {class: v.x && !n.folded ? "name made-up" : "name"}, n.name);
    const mark = n.folded ? "⊞ " : "";
    g.append(svg("text", {x: x + 13, y: y + 19}, mark, name, n.shown ? ` = ${n.shown}` : ""));
    const size = Math.min(34, (w - 12) / (n.name.length * 0.6));
    g.append(svg("text", {class: "from-afar", x: x + w / 2, y: n.y + size * 0.35, "font-size": size}, n.name));
    n.value = svg("g");
    n.gradient = svg("g");
    g.append(n.value, n.gradient);
    n.element = g;
    n.state = "";
    return g;
  }

  // Show a step; `known(i)` and `graded(i)` return whether vertex i has its value and its gradient.
  update(known, graded, active, phase) {
    for (const n of this.nodes) {
      const k = n.members.filter(known).length, d = n.members.filter(graded).length;
      const state = `${k}/${d}`;
      n.known = k > 0;
      n.graded = d > 0;
      if (state !== n.state) {
        n.state = state;
        n.element.classList.toggle("unknown", !k);
        this.rows(n, k, d);
      }
      const on = n.members.includes(active);
      n.element.classList.toggle("active", on);
      if (on) this.activeNode = n;
    }
    if (active < 0) this.activeNode = null;
    this.flows.replaceChildren();
    this.flows.setAttribute("class", phase === "backward" ? "flow gradient" : "flow");
    for (const e of this.edges) this.flow(e, known, graded, active, phase);
    this.colourMap();
  }

  rows(n, k, d) {
    const x = n.x + 13, y = n.y - n.h / 2;
    const v = this.data.vertices[n.members[0]];
    if (n.folded) {
      const all = n.members.length;
      const able = n.members.filter((i) => "d" in this.data.vertices[i]).length;
      n.value.replaceChildren(svg("text", {class: "value", x, y: y + 38}, `${k} of ${all} values`));
      n.gradient.replaceChildren(
        svg("text", {class: "gradient", x, y: y + 55}, able ? `${d} of ${able} gradients` : ""));
    } else {
      const value = this.data.arrays[v.v];
      n.value.replaceChildren(...this.row(value, k > 0, "", "value", x, y + 38));
      if (n.kind === "input") return;
      const gradient = d ? this.data.arrays[v.d] : null;
      n.gradient.replaceChildren(...this.row(gradient, d > 0, `d${v.n}`, "gradient", x, y + 55));
    }
    const spoken = n.folded ? `folded ${n.name}, ${n.members.length} vertices`
      : `${v.k} ${v.n}${v.e ? ` = ${v.e}` : ""}${k ? ", value " + brief(this.data.arrays[v.v]) : ""}` +
        (d ? `, gradient ${brief(this.data.arrays[v.d])}` : "");
    n.element.setAttribute("aria-label", spoken);
  }

  row(a, there, before, kind, x, y) {
    if (!there) {
      return before ? [svg("text", {class: kind, x, y}, `${before} —`)]
        : [svg("text", {class: "shape", x, y}, a ? shapeText(a) : "")];
    }
    const lead = before ? `${before} = ` : "";
    if (isScalar(a)) return [svg("text", {class: kind, x, y}, lead + show(a.x[0]))];
    const label = svg("text", {class: kind, x, y}, lead,
                      svg("tspan", {class: "shape"}, shapeText(a)));
    if (hasBad(a)) {
      label.append(svg("tspan", {class: kind}, " nan/inf"));
      return [label];
    }
    const counts = a.hist ?? histogram(a);
    if (!counts) return [label];
    this.ruler.font = FONT;
    let at = x + this.ruler.measureText(lead).width;
    this.ruler.font = SMALL;
    at += this.ruler.measureText(shapeText(a)).width + 8;
    return [label, svg("path", {class: `bars ${kind}`, d: bars(counts, at, y - 11, BARS - 8, 12)})];
  }


  flow(e, known, graded, active, phase) {
    const edges = e.members.map((n) => this.data.edges[n]);
    const carried = edges.filter((m) => "p" in m);
    const into = edges.some((m) => m.b === active), out = carried.some((m) => m.a === active);
    const on = into && carried.length;
    let state = "";
    if (phase === "forward" && into) state = "forward";
    else if (phase === "backward" && out) state = "arriving";
    else if (phase === "backward" && on) state = "passing";
    else if (carried.some((m) => graded(m.b))) state = "sent";
    else if (edges.some((m) => known(m.a))) state = "known";
    const back = state === "arriving" || state === "passing" || state === "sent";
    if (state !== e.state) {
      e.state = state;
      e.path.setAttribute("class", `edge ${state}`);
      const tip = state && state !== "sent" && state !== "known" ? "url(#big)" : "url(#tip)";
      e.path.setAttribute(back ? "marker-start" : "marker-end", tip);
      e.path.removeAttribute(back ? "marker-end" : "marker-start");
    }
    if (state !== "forward" && state !== "arriving" && state !== "passing") return;
    const one = edges.find((m) => state === "arriving" ? m.a === active : m.b === active);
    const a = this.data.arrays[state === "forward" ? this.data.vertices[one.a].v : one.p];
    if (!isScalar(a)) return;
    const [p, q] = state === "arriving" ? e.points.slice(-2) : e.points.slice(0, 2);
    this.flows.append(svg("text", {x: (p[0] + q[0]) / 2, y: (p[1] + q[1]) / 2 - 9}, show(a.x[0])));
  }

  bounds() {
    const boxes = [...this.frames, ...this.nodes.map((n) => ({x: n.x, y: n.y - n.h / 2, w: n.w, h: n.h}))];
    const x = Math.min(...boxes.map((b) => b.x)), y = Math.min(...boxes.map((b) => b.y));
    return {x, y, w: Math.max(...boxes.map((b) => b.x + b.w)) - x,
            h: Math.max(...boxes.map((b) => b.y + b.h)) - y};
  }
}

// Return the outline of a kind of vertex; outlines tell kinds apart without colour.
function outline(kind, x, y, w, h) {
  const X = x + w, Y = y + h;
  if (kind === "parameter" || kind === "group") return `M${x},${y}H${X}V${Y}H${x}Z`;
  if (kind === "input") return `M${x},${y}H${X - 12}L${X},${y + 12}V${Y}H${x}Z M${X - 12},${y}V${y + 12}H${X}`;
  if (kind === "cost") {
    const c = 14;
    return `M${x + c},${y}H${X - c}L${X},${y + c}V${Y - c}L${X - c},${Y}H${x + c}L${x},${Y - c}V${y + c}Z`;
  }
  const r = 11;
  return `M${x + r},${y}H${X - r}Q${X},${y} ${X},${y + r}V${Y - r}Q${X},${Y} ${X - r},${Y}` +
         `H${x + r}Q${x},${Y} ${x},${Y - r}V${y + r}Q${x},${y} ${x + r},${y}Z`;
}

// Return whether an element is nan or infinite, which no histogram shows.
function hasBad(a) {
  return Boolean(a.bad) || (a.x ?? []).some((x) => typeof x === "string" && /nan|inf/.test(x));
}

// Count the elements of a small array in each part of their range.
function histogram(a) {
  const numbers = (a.x ?? []).filter((x) => typeof x === "number");
  if (numbers.length < 2) return null;
  const low = Math.min(...numbers), high = Math.max(...numbers), counts = Array(12).fill(0);
  for (const x of numbers) counts[high > low ? Math.min(11, Math.floor((x - low) / (high - low) * 12)) : 6]++;
  return counts;
}

// Return a histogram as one SVG path.
function bars(counts, x, y, w, h) {
  const top = Math.max(...counts, 1), step = w / counts.length;
  return counts.map((c, i) => {
    const height = c ? Math.max(1.5, h * c / top) : 0.6;
    return `M${(x + i * step).toFixed(1)},${y + h}v${-height.toFixed(1)}h${(step - 0.6).toFixed(2)}v${height.toFixed(1)}Z`;
  }).join("");
}

// Return an array in a few words.
function brief(a) {
  if (a.several) return shapeText(a);
  if (a.x) {
    const some = a.x.slice(0, 6).map((x) => show(x)).join(", ");
    return a.x.length === 1 ? some : `${shapeText(a)}: ${some}${a.x.length > 6 ? ", …" : ""}`;
  }
  return `${shapeText(a)}, from ${show(a.lo, 3)} to ${show(a.hi, 3)}, mean ${show(a.mean, 3)}`;
}
