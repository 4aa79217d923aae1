// Numbers: small arrays as tables, large ones as heat maps.

const bracket = (x) => x < 0 ? `(${show(x)})` : show(x);

function table(a) {
  const columns = a.s.length ? a.s[a.s.length - 1] : 1;
  const rows = [];
  for (let i = 0; i < a.x.length; i += columns) {
    rows.push(el("tr", ...a.x.slice(i, i + columns).map((x) => {
      const cell = el("td", show(x));
      cell.dataset.value = x;
      cell.title = String(x);
      return cell;
    })));
  }
  const box = el("table.numbers", el("tbody", ...rows));
  return a.more ? el("div", box, el("p.quiet", "… and more")) : box;
}

// Return the cells of a heat map: the means over the blocks of an array.
function cells(a) {
  if (!a.cells) {
    const raw = Uint8Array.from(atob(a.grid[3]), (c) => c.charCodeAt(0));
    const words = new Uint16Array(raw.buffer);
    a.cells = Float32Array.from(words, half);
  }
  return a.cells;
}

// Return the value of a 16-bit float.
function half(w) {
  const sign = w & 0x8000 ? -1 : 1, e = (w >> 10) & 31, f = w & 1023;
  if (e === 31) return f ? NaN : sign * Infinity;
  return sign * (e ? 2 ** (e - 15) * (1 + f / 1024) : 2 ** -14 * (f / 1024));
}

function paint(root) {
  const canvases = root.querySelectorAll("canvas[data-array]");
  if (!canvases.length) return;
  const style = getComputedStyle(document.documentElement);
  const rgb = (name) => style.getPropertyValue(name).trim().match(/\w\w/g).map((h) => parseInt(h, 16));
  const zero = rgb("--zero"), low = rgb("--low"), high = rgb("--high");
  // Numbers of both signs have two hues that meet at zero; numbers of one sign go from pale to strong.
  const strength = (a, x) => {
    const [least, most] = [a.lo, a.hi].map((e) => e / a.grid[2]);
    if (a.lo < 0 && a.hi > 0) return Math.abs(x) ** 0.7;
    const t = most > least ? (x - least) / (most - least) : 0.5;
    return 0.12 + 0.88 * (a.hi <= 0 ? 1 - t : t);
  };
  for (const canvas of canvases) {
    const a = data.arrays[canvas.dataset.array], [rows, columns] = a.grid;
    canvas.width = columns;
    canvas.height = rows;
    canvas.style.height = `${Math.min(150, Math.max(26, rows * 9))}px`;
    const image = new ImageData(columns, rows);
    cells(a).forEach((x, i) => {
      const ends = x < 0 || a.hi <= 0 ? low : high, t = Math.min(1, Math.max(0, strength(a, x)));
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = zero[c] + (ends[c] - zero[c]) * t;
      image.data[4 * i + 3] = Number.isFinite(x) ? 255 : 0;
    });
    canvas.getContext("2d").putImageData(image, 0, 0);
  }
}

function cellText(a, canvas, event) {
  const [rows, columns, scale] = a.grid, r = canvas.getBoundingClientRect();
  const row = Math.min(rows - 1, Math.max(0, Math.floor((event.clientY - r.top) / r.height * rows)));
  const column = Math.min(columns - 1, Math.max(0, Math.floor((event.clientX - r.left) / r.width * columns)));
  const wide = a.s[a.s.length - 1], high = a.s.slice(0, -1).reduce((p, n) => p * n, 1);
  const span = (i, n, size) => {
    const from = Math.floor(i * size / n), to = Math.floor((i + 1) * size / n) - 1;
    return to > from ? `${from}–${to}` : `${from}`;
  };
  const x = cells(a)[row * columns + column] * scale;
  return `row ${span(row, rows, high)}, column ${span(column, columns, wide)}: ≈ ${show(x, 3)}`;
}
