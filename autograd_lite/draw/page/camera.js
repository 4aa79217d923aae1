// Camera: zooms, moves, keeps the active vertex in sight, and draws the small map.

const MANY = 300;  // nodes; in a larger graph, those far outside the window are not drawn

function hide(thing, element, gone) {  // thing.layer is the parent of its element
  if (thing.gone === gone) return;
  thing.gone = gone;
  if (gone) element.remove();
  else thing.layer.append(element);
}

Object.assign(View.prototype, {
  place(smooth = false) {
    const {x, y, k} = this.at;
    const world = byId("world");
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    world.style.transition = smooth && !still ? "transform 260ms ease" : "none";
    world.style.transform = `translate(${x}px, ${y}px) scale(${k})`;
    world.classList.toggle("tiny", k < 0.4);
    this.cull();
    this.drawWindow();
  },

  // Remove nodes and edges far outside the window: a browser lays out even text that is not seen.
  cull() {
    if (this.nodes.length <= MANY) return;
    const [w, h] = this.size(), {x, y, k} = this.at;
    const left = (-x - w / 2) / k, right = (w * 1.5 - x) / k;
    const top = (-y - h / 2) / k, bottom = (h * 1.5 - y) / k;
    for (const n of this.nodes) {
      hide(n, n.element, n.x > right || n.x + n.w < left || n.y - n.h > bottom || n.y + n.h < top);
    }
    for (const e of this.edges) {
      hide(e, e.group, e.points[0][0] > right || e.points[e.points.length - 1][0] < left);
    }
  },

  size() {
    const r = byId("stage").getBoundingClientRect();
    return [r.width, r.height];
  },

  // Show the whole graph, at a scale of at least `least`, at which text can still be read.
  fit(least = 0) {
    const [w, h] = this.size(), b = this.box, edge = 40;
    const k = Math.min((w - edge) / b.w, (h - edge - 40) / b.h, 1.5);
    this.at.k = Math.max(k, least, 0.02);
    this.at.x = (w - b.w * this.at.k) / 2 - b.x * this.at.k;
    this.at.y = (h - b.h * this.at.k) / 2 - b.y * this.at.k;
    if (this.at.k > k) {
      this.at.x = 30 - b.x * this.at.k;
      if (b.h * this.at.k > h - 60) this.at.y = 50 - b.y * this.at.k;
    }
    this.place();
  },

  zoom(factor, px, py) {
    const [w, h] = this.size();
    px ??= w / 2;
    py ??= h / 2;
    const k = Math.min(4, Math.max(0.02, this.at.k * factor));
    this.at.x = px - (px - this.at.x) * k / this.at.k;
    this.at.y = py - (py - this.at.y) * k / this.at.k;
    this.at.k = k;
    this.place();
  },

  // Move as little as needed to show a node and its neighbourhood.
  reveal(n) {
    if (!n) return;
    const [w, h] = this.size(), k = this.at.k;
    const left = n.x * k + this.at.x, right = left + n.w * k;
    const top = (n.y - n.h / 2) * k + this.at.y, bottom = top + n.h * k;
    const mx = Math.min(w * 0.28, 260), my = Math.min(h * 0.2, 110);
    if (left < mx || right > w - mx) {
      this.at.x += left < mx === right > w - mx ? w / 2 - (left + right) / 2
        : left < mx ? w * 0.6 - right : w * 0.4 - left;
    }
    if (top < my || bottom > h - my) this.at.y += h / 2 - (top + bottom) / 2;
    this.clamp();
    this.place(true);
  },

  // Do not move past the ends of the graph.
  clamp() {
    const [w, h] = this.size(), b = this.box, k = this.at.k, edge = 30;
    const hold = (at, from, length, room) => {
      const near = edge - from * k, far = room - edge - (from + length) * k;
      return length * k < room - 2 * edge ? (room - length * k) / 2 - from * k
        : Math.min(near, Math.max(far, at));
    };
    this.at.x = hold(this.at.x, b.x, b.w, w);
    this.at.y = hold(this.at.y, b.y, b.h, h - 20);
  },

  drawMap() {
    const map = byId("map"), b = this.box;
    const k = Math.min(220 / b.w, 90 / b.h);
    this.mapScale = k;
    map.setAttribute("width", b.w * k + 12);
    map.setAttribute("height", b.h * k + 12);
    map.replaceChildren();
    this.nodes.forEach((n) => {
      n.dot = svg("rect", {x: 6 + (n.x - b.x) * k, y: 6 + (n.y - n.h / 2 - b.y) * k,
                           width: Math.max(1.5, n.w * k), height: Math.max(1.5, n.h * k)});
      map.append(n.dot);
    });
    this.window = svg("rect", {class: "window"});
    map.append(this.window);
  },

  colourMap() {
    for (const n of this.nodes) {
      const state = n === this.activeNode ? "active" : n.graded ? "graded" : n.known ? "known" : "";
      n.dot.setAttribute("class", state);
    }
  },

  drawWindow() {
    if (!this.window) return;
    const [w, h] = this.size(), b = this.box, k = this.mapScale, at = this.at;
    const left = Math.max(b.x - 4 / k, -at.x / at.k), top = Math.max(b.y - 4 / k, -at.y / at.k);
    const right = Math.min(b.x + b.w + 4 / k, (w - at.x) / at.k);
    const bottom = Math.min(b.y + b.h + 4 / k, (h - at.y) / at.k);
    const whole = right - left >= b.w && bottom - top >= b.h;
    byId("map").style.display = whole ? "none" : "block";
    for (const [key, value] of Object.entries({
      x: 6 + (left - b.x) * k, y: 6 + (top - b.y) * k,
      width: Math.max(2, (right - left) * k), height: Math.max(2, (bottom - top) * k),
    })) this.window.setAttribute(key, value);
  },

  listen() {
    const graph = byId("graph");
    graph.addEventListener("wheel", (e) => {
      e.preventDefault();
      const r = graph.getBoundingClientRect();
      this.zoom(Math.exp(-e.deltaY * 0.0016), e.clientX - r.left, e.clientY - r.top);
    }, {passive: false});
    const fingers = new Map();
    let moved = 0;
    graph.addEventListener("pointerdown", (e) => {
      fingers.set(e.pointerId, [e.clientX, e.clientY]);
      moved = 0;
    });
    graph.addEventListener("pointermove", (e) => {
      const before = fingers.get(e.pointerId);
      if (!before) return;
      const now = [e.clientX, e.clientY];
      const others = [...fingers].filter(([id]) => id !== e.pointerId).map(([, p]) => p);
      moved += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
      if (moved < 4) return;
      graph.classList.add("moving");
      if (others.length) {
        const r = graph.getBoundingClientRect(), [p] = others;
        const far = (q) => Math.hypot(q[0] - p[0], q[1] - p[1]) || 1;
        this.zoom(far(now) / far(before), p[0] - r.left, p[1] - r.top);
      } else {
        this.at.x += now[0] - before[0];
        this.at.y += now[1] - before[1];
        this.place();
      }
      fingers.set(e.pointerId, now);
    });
    const up = (e) => { fingers.delete(e.pointerId); graph.classList.remove("moving"); };
    for (const kind of ["pointerup", "pointercancel", "pointerleave"]) graph.addEventListener(kind, up);
    graph.addEventListener("click", (e) => { if (moved >= 4) e.stopPropagation(); }, true);
    // A browser scrolls to the element that gets the focus; here the camera moves to it.
    const stage = byId("stage");
    stage.addEventListener("scroll", () => { stage.scrollLeft = stage.scrollTop = 0; });
    graph.addEventListener("focusin", (e) => {
      if (!e.target.matches(":focus-visible")) return;
      this.reveal(this.nodes.find((n) => n.element === e.target));
    });
    byId("map").addEventListener("click", (e) => {
      const r = byId("map").getBoundingClientRect(), [w, h] = this.size(), b = this.box;
      const x = (e.clientX - r.left - 6) / this.mapScale + b.x;
      const y = (e.clientY - r.top - 6) / this.mapScale + b.y;
      this.at.x = w / 2 - x * this.at.k;
      this.at.y = h / 2 - y * this.at.k;
      this.clamp();
      this.place(true);
    });
  },
});
