// Layout: places vertices in columns from left to right. A call stands to the right of its
// arguments, a layer has its own columns, and a long edge gets a place in each column it crosses.

const GAP_X = 74, GAP_Y = 22, PAD = 16, HEAD = 24, FAR = 30, STUB = 30;

// Set x (left) and y (middle) of the nodes and the points of the edges; return the groups' frames.
// nodes: [{w, h, group, end}] in the order of computation; edges: [{a, b}], indices into nodes.
function layoutGraph(nodes, edges, groupCount) {
  const rank = ranks(nodes, edges, groupCount);
  const {columns, places, segments} = fillColumns(nodes, edges, rank);
  orderColumns(columns, segments);
  stackColumns(columns, segments);
  let x = 0;
  for (const column of columns) {
    column.width = Math.max(0, ...column.map((p) => p.w));
    column.left = x;
    x += column.width + GAP_X;
    for (const p of column) p.x = column.left + (column.width - p.w) / 2;
  }
  nodes.forEach((n, i) => { n.x = places[i].x; n.y = places[i].y; });
  routeEdges(nodes, edges, columns);
  return frames(nodes, groupCount);
}

// Return the column of each node.
function ranks(nodes, edges, groupCount) {
  const sources = nodes.map(() => []), targets = nodes.map(() => []);
  for (const e of edges) { sources[e.b].push(e.a); targets[e.a].push(e.b); }
  const rank = nodes.map(() => -1), base = [];
  const free = nodes.some((n) => n.group < 0);
  let top = groupCount && free ? 0 : -1;
  const place = (n, i, start) => {
    if (n.end) return;
    let r = start;
    for (const s of sources[i]) {
      if (!nodes[s].end) r = Math.max(r, rank[s] + 1);
      else if (nodes[s].group === n.group) r = Math.max(r, start + 1);
    }
    rank[i] = r;
    top = Math.max(top, r);
  };
  nodes.forEach((n, i) => { if (n.group < 0) place(n, i, 0); });
  for (let g = 0; g < groupCount; g++) {
    base[g] = top + 1;
    nodes.forEach((n, i) => { if (n.group === g) place(n, i, base[g]); });
  }
  nodes.forEach((n, i) => {
    if (!n.end) return;
    const least = n.group < 0 ? 0 : base[n.group];
    let r = Infinity;
    for (const t of targets[i]) {
      const foreign = nodes[t].group >= 0 && nodes[t].group !== n.group;
      r = Math.min(r, foreign ? base[nodes[t].group] - 1 : rank[t] - 1);
    }
    rank[i] = Math.max(least, r === Infinity ? least : r);
  });
  return rank;
}

// Return the places in each column: one per node, and one per column that the edges of a node cross.
// The edges of one node run together until they part, as the uses of one value do. A very long edge
// is not drawn: the name of its source stands at its end.
function fillColumns(nodes, edges, rank) {
  const columns = [];
  const at = (r) => { while (columns.length <= r) columns.push([]); return columns[r]; };
  const places = nodes.map((n, i) => {
    const p = {w: n.w, h: n.h, column: rank[i], before: [], after: [], weight: n.end ? 1 : 4,
               pull: n.end ? 1 : 5};  // results form a straight line, with constants beside it
    at(rank[i]).push(p);
    return p;
  });
  const segments = [];
  const join = (p, q) => { p.after.push(q); q.before.push(p); segments.push([p, q]); };
  const lanes = nodes.map(() => []);
  for (const e of edges) {
    const lane = lanes[e.a], from = rank[e.a];
    const length = rank[e.b] - from - 1;
    e.far = length > FAR;
    if (e.far) { e.via = []; continue; }
    while (lane.length < length) {
      const p = {w: 0, h: 6, column: from + lane.length + 1, before: [], after: [], weight: 2,
                 pull: 1};
      at(p.column).push(p);
      join(lane.length ? lane[lane.length - 1] : places[e.a], p);
      lane.push(p);
    }
    e.via = lane.slice(0, Math.max(0, length));
    if (length >= 0) join(length > 0 ? lane[length - 1] : places[e.a], places[e.b]);
  }
  return {columns, places, segments};
}

// Reduce crossings: order each column by the mean position of its neighbours, forward and back.
function orderColumns(columns, segments) {
  const number = () => columns.forEach((c) => c.forEach((p, i) => { p.i = i; }));
  const mean = (ps, own) => ps.length ? ps.reduce((s, p) => s + p.i, 0) / ps.length : own;
  number();
  const rounds = segments.length > 4000 ? 4 : 16;
  let best = Infinity, kept = null;
  for (let round = 0; round < rounds; round++) {
    const right = round % 2 === 0;
    const sweep = right ? columns : columns.slice().reverse();
    for (const column of sweep) {
      for (const p of column) p.key = mean(right ? p.before : p.after, p.i);
      column.sort((p, q) => p.key - q.key || p.i - q.i);
      column.forEach((p, i) => { p.i = i; });
    }
    const found = crossings(columns);
    if (found < best) { best = found; kept = columns.map((c) => c.slice()); }
    if (found === 0) break;
  }
  if (kept) kept.forEach((c, r) => c.forEach((p, i) => { columns[r][i] = p; }));
  number();
}

function crossings(columns) {
  let n = 0;
  for (const column of columns) {
    const lines = [];
    for (const p of column) for (const q of p.after) lines.push([p.i, q.i]);
    if (lines.length > 300) continue;
    for (let i = 0; i < lines.length; i++) {
      for (let j = 0; j < i; j++) {
        if ((lines[i][0] - lines[j][0]) * (lines[i][1] - lines[j][1]) < 0) n++;
      }
    }
  }
  return n;
}

// Set heights: each place as near to its neighbours as the places above and below it allow.
function stackColumns(columns, segments) {
  for (const column of columns) settle(column, (p, i) => i * 60);
  const rounds = segments.length > 4000 ? 8 : 30;
  for (let round = 0; round < rounds; round++) {
    const sweep = round % 2 ? columns.slice().reverse() : columns;
    for (const column of sweep) {
      settle(column, (p) => {
        const near = round < rounds - 4
          ? (round % 2 ? p.after : p.before) : p.before.concat(p.after);
        const all = near.length ? near : p.before.concat(p.after);
        let sum = 0, weight = 0;
        for (const q of all) { sum += q.y * q.pull; weight += q.pull; }
        return weight ? sum / weight : p.y;
      });
    }
  }
}

// Solve least squares with fixed order and minimum distances, by pooling adjacent violators.
function settle(column, wish) {
  const offsets = [];
  let sum = 0;
  column.forEach((p, i) => {
    if (i) sum += (column[i - 1].h + p.h) / 2 + (p.w && column[i - 1].w ? GAP_Y : GAP_Y * 0.7);
    offsets.push(sum);
  });
  const pools = [];
  column.forEach((p, i) => {
    let pool = {at: wish(p, i) - offsets[i], weight: p.weight, n: 1};
    while (pools.length && pools[pools.length - 1].at > pool.at) {
      const other = pools.pop();
      const weight = other.weight + pool.weight;
      pool = {at: (other.at * other.weight + pool.at * pool.weight) / weight, weight,
              n: other.n + pool.n};
    }
    pools.push(pool);
  });
  let i = 0;
  for (const pool of pools) for (let k = 0; k < pool.n; k++, i++) column[i].y = pool.at + offsets[i];
}

// Route the edges. They leave from the middle of the right side: there gradients are added.
function routeEdges(nodes, edges, columns) {
  const into = nodes.map(() => []);
  for (const e of edges) into[e.b].push(e);
  into.forEach((list, b) => {
    const n = nodes[b];
    const from = (e) => e.via.length ? e.via[e.via.length - 1].y : nodes[e.a].y;
    list.sort((e, f) => from(e) - from(f) || e.i - f.i);
    const step = Math.min(15, (n.h - 14) / list.length);
    list.forEach((e, i) => { e.port = n.y + (i - (list.length - 1) / 2) * step; });
  });
  for (const e of edges) {
    const a = nodes[e.a], b = nodes[e.b];
    e.points = e.far ? [[b.x - STUB, e.port]] : [[a.x + a.w, a.y]];
    for (const p of e.via) {
      const column = columns[p.column];
      e.points.push([column.left, p.y], [column.left + column.width, p.y]);
    }
    e.points.push([b.x, e.port]);
  }
}

// Return the SVG path of an edge: curved between columns, straight across them.
function pathOf(points) {
  let d = `M${points[0][0]},${points[0][1]}`;
  for (let i = 1; i < points.length; i++) {
    const [x, y] = points[i], [u, v] = points[i - 1];
    if (y === v) { d += ` H${x}`; continue; }
    const bend = Math.max(24, (x - u) / 2);
    d += ` C${u + bend},${v} ${x - bend},${y} ${x},${y}`;
  }
  return d;
}

function frames(nodes, groupCount) {
  const found = [];
  for (let g = 0; g < groupCount; g++) {
    const own = nodes.filter((n) => n.group === g && !n.folded);
    if (!own.length) continue;
    const left = Math.min(...own.map((n) => n.x)) - PAD;
    const right = Math.max(...own.map((n) => n.x + n.w)) + PAD;
    const top = Math.min(...own.map((n) => n.y - n.h / 2)) - PAD - HEAD;
    const bottom = Math.max(...own.map((n) => n.y + n.h / 2)) + PAD;
    found.push({group: g, x: left, y: top, w: right - left, h: bottom - top});
  }
  return found;
}
