// The value under the pointer, or where the arrow keys are, read off a chart's lines as they are drawn.
(() => {
  const extent = 1000;
  const seriesOf = plot => [...plot.querySelectorAll('path')].map(path => ({
    name: path.dataset.name,
    points: [...path.getAttribute('d').matchAll(/([\d.-]+) ([\d.-]+)/g)].map(([, x, y]) => [+x, +y]),
  }));
  const digits = value => value >= 1000 ? Math.round(value).toLocaleString('en').replaceAll(',', '\u202f') : `${+value.toPrecision(3)}`;

  const readChart = (plot, x) => {
    const series = seriesOf(plot);
    const at = series.flatMap(one => one.points).reduce((best, [px]) => Math.abs(px - x) < Math.abs(best - x) ? px : best, Infinity);
    const [x0, x1] = plot.dataset.x.split(' ').map(Number);
    const [y0, y1] = plot.dataset.y.split(' ').map(Number);
    const valueOf = y => 'log' in plot.dataset ? y0 * (y1 / y0) ** (1 - y / extent) : y0 + (y1 - y0) * (1 - y / extent);
    const lines = series.flatMap(({ name, points }) => points.filter(([px]) => px === at).map(([, y]) => `${name} ${digits(valueOf(y))}`));
    const text = [`${plot.dataset.unit} ${digits(Math.round(x0 + (x1 - x0) * at / extent))}`, ...lines].join('\n');
    const [hair, reading, range] = ['.hair', '.reading', 'input'].map(part => plot.querySelector(part));
    hair.hidden = reading.hidden = false;
    hair.style.left = `${at / extent * 100}%`;
    reading.textContent = text;
    reading.style.left = at > extent / 2 ? 'auto' : `calc(${at / extent * 100}% + 10px)`;
    reading.style.right = at > extent / 2 ? `calc(${100 - at / extent * 100}% + 10px)` : 'auto';
    range.value = at;
    range.setAttribute('aria-valuetext', text.replaceAll('\n', ', '));
  };

  const plotOf = event => event.target.closest?.('[data-chart]');
  const leaveChart = event => plotOf(event)?.querySelectorAll('.hair, .reading').forEach(part => { part.hidden = true; });
  document.addEventListener('pointermove', event => {
    const plot = plotOf(event);
    if (plot?.querySelector('input')) {
      const box = plot.getBoundingClientRect();
      readChart(plot, (event.clientX - box.left) / box.width * extent);
    }
  });
  document.addEventListener('pointerout', leaveChart);
  document.addEventListener('focusout', leaveChart);
  document.addEventListener('keydown', event => {
    const plot = plotOf(event);
    const move = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity }[event.key];
    if (!plot || !move) {
      return;
    }
    event.preventDefault();
    const places = [...new Set(seriesOf(plot).flatMap(one => one.points.map(([x]) => x)))].sort((a, b) => a - b);
    const now = places.findIndex(x => x >= +plot.querySelector('input').value);
    readChart(plot, places[Math.min(Math.max((now < 0 ? places.length - 1 : now) + move, 0), places.length - 1)]);
  });
})();
