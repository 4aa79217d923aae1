// Panel: shows in words, formulas and numbers what happens at a step, or what a vertex holds.

// Return an element: el("p.quiet", "text", child, ...). Text is inserted as text, never as HTML.
function el(what, ...children) {
  const [tag, ...classes] = what.split(".");
  const e = document.createElement(tag);
  if (classes.length) e.className = classes.join(" ");
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== ""));
  return e;
}

class Panel {
  constructor(data, go) {
    this.data = data;
    this.go = go;
    this.uses = data.vertices.map(() => []);
    this.inputs = data.vertices.map(() => []);
    for (const e of data.edges) {
      this.uses[e.a].push(e);
      this.inputs[e.b].push(e);
    }
    for (const list of this.inputs) list.sort((e, f) => e.i - f.i);
  }

  // Show a step in the panel, and as one sentence for screen readers.
  explain(step, number, count) {
    const [phase, i] = step;
    const panel = byId("panel");
    const v = this.data.vertices[i];
    const chip = el(`span.chip.${phase}`, {forward: "Forward", backward: "Backward", start: "Start"}[phase]);
    const parts = [chip];
    if (phase === "start") parts.push(...this.start());
    else {
      parts.push(this.title(v), this.source(v));
      parts.push(...(phase === "forward" ? this.forward(i) : this.backward(i)));
    }
    panel.replaceChildren(...parts);
    panel.scrollTop = 0;
    paint(panel);
    byId("say").textContent = `Step ${number} of ${count}. ${this.sentence(phase, i)}`;
  }

  sentence(phase, i) {
    if (phase === "start") return "Start: parameters and inputs are known.";
    const v = this.data.vertices[i], arrays = this.data.arrays;
    if (phase === "forward") return `Forward: ${v.n} = ${v.e}, value ${brief(arrays[v.v])}.`;
    const came = this.uses[i].filter((e) => "p" in e);
    const sum = came.length > 1 ? `the sum of ${came.length} incoming gradients, ` : "";
    const sent = this.inputs[i].filter((e) => "p" in e);
    const on = sent.map((e) => `${this.target(e)} ${this.sign(e)} ${e.f}`).join("; ");
    return `Backward: the gradient of ${v.n} is ${sum}${brief(arrays[v.d])}.` + (on ? ` Passed on: ${on}.` : "");
  }

  title(v) {
    const name = v.e ? el("h2", v.n, el("span", ` = ${v.e}`)) : el("h2", v.n);
    name.id = "step-title";
    return name;
  }

  source(v) {
    if (!v.l) return v.e ? el("p.quiet", `${v.o}; the line is unknown: compute under ag.trace_lines()`) : el("p.quiet", v.k);
    return el("div.source", v.c ? el("code", v.c) : "", el("span.quiet", v.l));
  }

  start() {
    const {vertices, steps, notes} = this.data;
    const count = (k) => vertices.filter((v) => v.k === k).length;
    const back = steps.some(([phase]) => phase === "backward");
    const many = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
    const parts = [
      el("h2", this.data.title),
      el("p", `${many(count("parameter"), "parameter")}, ${many(count("input"), "input")} and ` +
        `${many(vertices.length - count("parameter") - count("input"), "call")}. ` +
        "The forward pass computes values from left to right; " +
        (back ? "the backward pass computes gradients from right to left."
          : "no backward pass is shown, because the result has several elements.")),
      el("p.quiet", "Go on with → or the buttons below. Click a vertex to see its numbers."),
    ];
    for (const note of notes) parts.push(el("p.notice", note));
    const ends = vertices.map((v, i) => [v, i]).filter(([v]) => v.k === "parameter" || v.k === "input");
    if (ends.length) parts.push(el("h3", "Known at the start"));
    for (const [v] of ends.slice(0, 40)) parts.push(this.card(v.n, v.v, "value"));
    if (ends.length > 40) parts.push(el("p.quiet", `… and ${ends.length - 40} more`));
    return parts;
  }

  forward(i) {
    const v = this.data.vertices[i];
    const parts = [];
    if (this.inputs[i].length) parts.push(el("h3", "Arguments"));
    const shown = new Set();
    for (const e of this.inputs[i]) {
      if (shown.has(e.a)) continue;
      shown.add(e.a);
      const a = this.data.vertices[e.a];
      parts.push(this.card(a.n, a.v, "value"));
    }
    parts.push(el("h3", "Result"), this.card(v.n, v.v, "value", "result"));
    return parts;
  }

  backward(i) {
    const v = this.data.vertices[i];
    const parts = [];
    const came = this.uses[i].filter((e) => "p" in e);
    const d = `d${v.n}`;
    if (i === this.data.root) {
      parts.push(el("h3", "Start of the backward pass"),
        el("p", isScalar(this.data.arrays[v.d]) && this.data.arrays[v.d].x[0] === 1
          ? `The derivative of ${v.n} with respect to itself is 1.` : `${d} was passed as gradient=.`));
    } else {
      const how = (e) => [el("div.local", e.f), e.w ? el("div.quiet", e.w) : ""].filter(Boolean);
      const from = (e) => {
        const b = this.data.vertices[e.b];
        return `from ${b.n}${b.e ? ` = ${b.e}` : ""}`;
      };
      parts.push(el("h3", came.length === 1 ? "Incoming gradient" : `Incoming gradients: ${came.length}`));
      if (came.length === 1) {
        parts.push(el("p", `${v.n} is used once, so ${d} is the contribution ${from(came[0])}.`),
          el("div.local", `${d} = ${came[0].f}`), came[0].w ? el("div.quiet", came[0].w) : "");
      }
      if (came.length > 1) {
        came.forEach((e, n) => {
          if (n) parts.push(el("div.plus", "+"));
          const card = this.card(from(e), e.p, "gradient", "brief");
          card.firstChild.after(...how(e));
          parts.push(card);
        });
        parts.push(el("p", `${v.n} is used ${came.length} times, so it reaches ` +
          `${this.data.vertices[this.data.root].n} along ${came.length} paths. Its gradient is the sum over these paths.`));
      }
    }
    const heading = came.length > 1 ? `${d}, their sum` : d;
    parts.push(this.card(heading, v.d, "gradient", "sum"));
    if (v.t) parts.push(el("p.notice", `${v.n}: ${v.t}.`));
    const sent = this.inputs[i].filter((e) => "f" in e);
    if (sent.length) parts.push(el("h3", `Passed on by ${v.o}`));
    for (const e of sent) parts.push(this.rule(e, v));
    return parts;
  }

  target(e) { return `d${this.data.vertices[e.a].n}`; }

  // Return += for one of several contributions to a gradient, = for the only one.
  sign(e) { return this.uses[e.a].filter((u) => "p" in u).length > 1 ? "+=" : "="; }

  rule(e, v) {
    const a = this.data.vertices[e.a];
    const card = el("div.card.passed.of-gradient");
    const formula = el("div.formula", `${this.target(e)} ${this.sign(e)} ${e.f}`);
    card.append(formula);
    if (e.w) card.append(el("div.quiet", e.w));
    const local = "s" in e ? this.data.arrays[e.s] : null;
    if (e.q) {
      const value = local && isScalar(local) && String(local.x[0]) !== e.q ? ` = ${show(local.x[0])}` : "";
      card.append(el("div.quiet", "local derivative"),
        el("div.local", `∂${v.n}/∂${a.n} = ${e.q}${value}`));
      if (local && local.x && !isScalar(local)) card.append(this.array(e.s));
      else if (local && !isScalar(local)) card.append(el("div.quiet", brief(local)));
    }
    const passed = this.data.arrays[e.p], total = this.data.arrays[v.d];
    const simple = local && isScalar(local) && isScalar(passed) && isScalar(total);
    card.append(el("div.quiet", simple ? "in numbers" : "result"));
    if (simple) {
      card.append(el("div", `${show(total.x[0])} × ${bracket(local.x[0])} = `, this.number(passed.x[0])));
    } else card.append(this.array(e.p));
    return card;
  }

  number(x) {
    const e = el("span.number", show(x, 5));
    e.dataset.value = x;
    e.title = String(x);
    return e;
  }

  card(label, place, kind, extra = "") {
    const a = this.data.arrays[place];
    const head = el("div.label", el("b", label));
    const card = el(`div.card.of-${kind}${extra ? `.${extra}` : ""}`, head);
    if (isScalar(a)) head.append(this.number(a.x[0]));
    else card.append(this.array(place));
    if (!isScalar(a) || a.s.length) head.append(el("span.quiet", `${shapeText(a)} ${a.t}`));
    return card;
  }

  // Return a table for a small array, else a heat map with a button that shows numbers.
  array(place) {
    const a = this.data.arrays[place];
    if (a.several) return el("p.quiet", "several arrays: see the vertices that pick one of them");
    if (isScalar(a)) return this.number(a.x[0]);
    if (a.x) return table(a);
    const box = el("div.heat");
    const canvas = el("canvas");
    canvas.dataset.array = place;
    const cell = el("div.cell");
    box.append(canvas, el("div.scale", el("span", `min ${show(a.lo)}`), el("span", `mean ${show(a.mean)}`), el("span", `max ${show(a.hi)}`)));
    const h = svg("svg", {class: "hist", viewBox: "0 0 160 30", preserveAspectRatio: "none", role: "img", "aria-label": `histogram: ${a.hist.join(", ")}`},
      svg("path", {d: bars(a.hist, 0, 0, 160, 30)}));
    box.append(h);
    if (a.bad) box.append(el("div.notice", `${a.bad} elements are nan or infinite`));
    const button = el("button", "Numbers");
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") === "true";
      button.setAttribute("aria-expanded", String(!open));
      if (open) box.lastChild.remove();
      else box.append(el("pre", a.text));
    });
    box.append(el("div.under", button, cell));
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `heat map, ${brief(a)}`);
    canvas.addEventListener("pointermove", (e) => { cell.textContent = cellText(a, canvas, e); });
    canvas.addEventListener("pointerleave", () => { cell.textContent = ""; });
    return box;
  }

  // Show a vertex that the reader selected, at any step.
  look(i, stepOf) {
    const v = this.data.vertices[i];
    const back = el("button", "← Back to the step");
    back.type = "button";
    back.id = "unpick";
    back.addEventListener("click", () => this.go(null));
    const parts = [back, this.title(v), this.source(v), el("h3", "Value"), this.card(v.n, v.v, "value", "result")];
    if (v.k !== "input") {
      parts.push(el("h3", "Gradient"));
      parts.push("d" in v ? this.card(`d${v.n}`, v.d, "gradient", "sum")
        : el("p", `d${v.n} — not computed`));
    }
    if (v.t) parts.push(el("p.notice", `${v.n}: ${v.t}.`));
    const jump = el("div.jump");
    for (const [phase, word] of [["forward", "Go to its forward step"], ["backward", "Go to its backward step"]]) {
      const n = stepOf(phase, i);
      if (n < 0) continue;
      const b = el("button", word);
      b.type = "button";
      b.addEventListener("click", () => this.go(n));
      jump.append(b);
    }
    parts.push(jump);
    byId("panel").replaceChildren(...parts);
    byId("panel").scrollTop = 0;
    paint(byId("panel"));
    byId("say").textContent = `${v.k} ${v.n}: value ${brief(this.data.arrays[v.v])}` +
      ("d" in v ? `, gradient ${brief(this.data.arrays[v.d])}` : "");
  }
}
