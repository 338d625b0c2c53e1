// Paints a mask over a picture. The canvas has a pixel for each cell; what is painted goes to the hidden field beside it, a bit a cell, when a stroke ends.
(() => {
  const masks = new WeakMap();

  const draw = canvas => {
    const { cells, cursor } = masks.get(canvas);
    const context = canvas.getContext('2d');
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = getComputedStyle(canvas).color;
    cells.forEach((painted, i) => painted && context.fillRect(i % canvas.width, Math.floor(i / canvas.width), 1, 1));
    if (cursor) {
      const { left, top, size } = brushAt(canvas, cursor);
      context.strokeStyle = 'white';
      context.lineWidth = 1;
      context.strokeRect(left + 0.5, top + 0.5, Math.max(size - 1, 0.5), Math.max(size - 1, 0.5));
    }
  };

  const brushAt = (canvas, { x, y }) => {
    const size = Math.max(1, Math.round(canvas.width / 12));
    return { size, left: Math.floor(x - (size - 1) / 2), top: Math.floor(y - (size - 1) / 2) };
  };

  const paint = (canvas, at, value) => {
    const { cells } = masks.get(canvas);
    const { size, left, top } = brushAt(canvas, at);
    for (let y = Math.max(0, top); y < Math.min(canvas.height, top + size); y++) {
      cells.fill(value, y * canvas.width + Math.max(0, left), y * canvas.width + Math.min(canvas.width, left + size));
    }
  };

  const paintLine = (canvas, from, to, value) => {
    const steps = Math.max(1, Math.abs(to.x - from.x), Math.abs(to.y - from.y));
    for (let i = 0; i <= steps; i++) {
      paint(canvas, { x: Math.round(from.x + (to.x - from.x) * i / steps), y: Math.round(from.y + (to.y - from.y) * i / steps) }, value);
    }
    draw(canvas);
  };

  const send = canvas => {
    const { cells } = masks.get(canvas);
    const bytes = new Uint8Array((cells.length + 7) >> 3);
    cells.forEach((painted, i) => { bytes[i >> 3] |= painted << (i & 7); });
    const field = canvas.parentElement.querySelector('input');
    field.value = btoa(String.fromCharCode(...bytes));
    field.dispatchEvent(new Event('change', { bubbles: true }));
  };

  const canvasOf = event => {
    const canvas = event.target.closest?.('[data-mask] canvas');
    return canvas && masks.has(canvas) ? canvas : null;
  };
  const cellOf = (canvas, event) => {
    const box = canvas.getBoundingClientRect();
    return {
      x: Math.floor((event.clientX - box.left) / box.width * canvas.width),
      y: Math.floor((event.clientY - box.top) / box.height * canvas.height),
    };
  };
  const isPainted = (canvas, { x, y }) => masks.get(canvas).cells[Math.min(Math.max(y, 0), canvas.height - 1) * canvas.width + Math.min(Math.max(x, 0), canvas.width - 1)];

  document.addEventListener('pointerdown', event => {
    const canvas = canvasOf(event);
    if (!canvas || event.button !== 0) {
      return;
    }
    const at = cellOf(canvas, event);
    const mask = masks.get(canvas);
    mask.cursor = null;
    mask.stroke = { at, value: isPainted(canvas, at) ? 0 : 1 };
    canvas.setPointerCapture(event.pointerId);
    paintLine(canvas, at, at, mask.stroke.value);
  });
  document.addEventListener('pointermove', event => {
    const canvas = canvasOf(event);
    const stroke = canvas && masks.get(canvas).stroke;
    if (stroke) {
      const at = cellOf(canvas, event);
      paintLine(canvas, stroke.at, at, stroke.value);
      stroke.at = at;
    }
  });
  const endStroke = event => {
    const canvas = canvasOf(event);
    if (canvas && masks.get(canvas).stroke) {
      masks.get(canvas).stroke = null;
      send(canvas);
    }
  };
  document.addEventListener('pointerup', endStroke);
  document.addEventListener('pointercancel', endStroke);

  document.addEventListener('keydown', event => {
    const canvas = canvasOf(event);
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!canvas || !(move || event.key === ' ')) {
      return;
    }
    event.preventDefault();
    const mask = masks.get(canvas);
    const at = mask.cursor ?? { x: canvas.width >> 1, y: canvas.height >> 1 };
    if (move) {
      mask.cursor = { x: Math.min(Math.max(at.x + move[0], 0), canvas.width - 1), y: Math.min(Math.max(at.y + move[1], 0), canvas.height - 1) };
    } else {
      mask.cursor = at;
      paint(canvas, at, isPainted(canvas, at) ? 0 : 1);
      send(canvas);
    }
    draw(canvas);
  });
  document.addEventListener('focusout', event => {
    const canvas = canvasOf(event);
    if (canvas) {
      masks.get(canvas).cursor = null;
      draw(canvas);
    }
  });

  window.gallery.showMask = (canvas, bits) => {
    const bytes = Uint8Array.from(atob(bits), char => char.charCodeAt(0));
    masks.set(canvas, { cells: Uint8Array.from({ length: canvas.width * canvas.height }, (_, i) => bytes[i >> 3] >> (i & 7) & 1), cursor: null, stroke: null });
    draw(canvas);
  };
})();
