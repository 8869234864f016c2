const blue = "#2563eb", orange = "#ea580c", grey = "#9aa5b1", paleBlue = "#bfd3fb";

Chart.defaults.elements.point.radius = 0;
Chart.defaults.elements.point.hitRadius = 6;
Chart.defaults.elements.line.borderWidth = 1.8;
Chart.defaults.plugins.legend.labels.boxHeight = 1;
Chart.defaults.plugins.legend.labels.boxWidth = 24;

/// Points of two columns, without those that have no number.
const points = (x, y) => x.map((at, i) => ({ x: at, y: y[i] })).filter((point) => point.y !== null && point.y !== undefined);

const axis = (title, more = {}) => ({
  type: "linear",
  title: { display: Boolean(title), text: title },
  grid: { color: "#eef1f4", drawBorder: false },
  ticks: { maxTicksLimit: 7 },
  ...more,
});

/// An axis from one round number to another, in about five steps.
function roundAxis(least, most) {
  const rough = (most - least) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const stepSize = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
  return axis("", {
    offset: false,
    grid: { color: "#eef1f4", drawBorder: false, offset: false },
    min: stepSize * Math.floor(least / stepSize),
    max: stepSize * Math.ceil(most / stepSize),
    ticks: { stepSize, autoSkip: false, callback: (tick) => Number(tick.toPrecision(6)) },
  });
}

const line = (label, values, color, more = {}) => ({
  label, data: values, borderColor: color, backgroundColor: color, ...more,
});

/// A plot of lines over epochs, or over another x.
function plot(canvas, datasets, { x = axis("epoch", { min: 0 }), y = axis(""), legend = true, tooltip = {} } = {}) {
  return new Chart(canvas, {
    type: "line",
    data: { datasets },
    options: {
      parsing: false,
      normalized: true,
      interaction: { mode: "nearest", axis: legend ? "x" : "xy", intersect: false },
      plugins: { legend: { display: legend, align: "end" }, tooltip: { callbacks: { title: (items) => (items.length ? `epoch ${items[0].parsed.x}` : ""), ...tooltip } } },
      scales: { x, y },
    },
  });
}

function hide(id) {
  element(id).style.display = "none";
}

/// From dark violet, the first layer, to light yellow-green, the last (viridis, without its palest end).
function layerColor(share) {
  const stops = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [200, 215, 40]];
  const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const first = Math.min(Math.floor(place), stops.length - 2);
  const mixed = stops[first].map((from, i) => Math.round(from + (place - first) * (stops[first + 1][i] - from)));
  return `rgb(${mixed.join(",")})`;
}

function showHead() {
  const s = data.summary;
  element("name").textContent = data.name;
  const tiles = [];
  if (s.epochs !== undefined) {
    const ended = s.epochs >= s.planned_epochs;
    const when = ended ? "final" : "latest";
    tiles.push([`${s.test_accuracy.toFixed(2)} %`, `${when} test accuracy`]);
    tiles.push([`${s.best_test_accuracy.toFixed(2)} %`, `best, after epoch ${s.best_epoch}`]);
    tiles.push([`${s.train_accuracy.toFixed(2)} %`, `${when} training accuracy`]);
    tiles.push([String(s.epochs), ended ? "epochs" : `of ${s.planned_epochs} epochs`]);
    tiles.push([s.duration, "time"]);
  } else {
    tiles.push(["–", "no epoch has ended yet"]);
  }
  for (const [value, what] of tiles) addTile(value, what);
  for (const [what, value] of data.facts) {
    const row = make(element("facts"), "tr");
    make(row, "td", what);
    make(row, "td", value);
  }
}

function showTraining() {
  const { epochs, steps } = data;
  const inPercent = (column) => column.map((share) => (share === null ? null : 100 * share));
  const dots = epochs.epoch.length < 30 ? 2.5 : 0;
  const marked = { pointRadius: dots };
  plot(element("loss"), [
    line("test", points(epochs.epoch, epochs.test_loss), orange, marked),
    line("training", points(epochs.epoch, epochs.train_loss), blue, marked),
    line("training, steps", points(steps.position, steps.loss || []), paleBlue, { borderWidth: 1 }),
  ]);
  plot(element("accuracy"), [
    line("test", points(epochs.epoch, inPercent(epochs.test_accuracy)), orange, marked),
    line("training", points(epochs.epoch, inPercent(epochs.train_accuracy)), blue, marked),
  ]);
  const hasSteps = steps.position.length > 0;
  const rate = hasSteps ? points(steps.position, steps.learning_rate) : points(epochs.epoch, epochs.learning_rate);
  plot(element("rate"), [line("learning rate", rate, blue)], { legend: false, y: axis("", { beginAtZero: true }) });
  if (hasSteps) {
    plot(element("speed"), [line("images/s", points(steps.position, steps.images_per_second), blue)], {
      legend: false, y: axis("", { beginAtZero: true }),
    });
  } else {
    element("speed").closest("figure").style.display = "none";
  }
}

const quantizersOf = (operand) => data.quantizers.filter((one) => one.operand === operand);
const colorIn = (list, i) => layerColor(list.length > 1 ? i / (list.length - 1) : 0);

function showLayerScale(section) {
  const layers = quantizersOf("weights").length ? quantizersOf("weights") : data.quantizers;
  const scale = section.querySelector(".layers");
  make(scale, "span", layers[0].layer);
  make(scale, "i").style.background =
    `linear-gradient(90deg, ${[0, 0.25, 0.5, 0.75, 1].map(layerColor).join(",")})`;
  make(scale, "span", layers[layers.length - 1].layer);
}

const named = { label: (item) => `${item.dataset.label}: ${item.parsed.y}` };

function showAlpha() {
  for (const operand of ["weights", "activations"]) {
    const list = quantizersOf(operand);
    plot(
      element(`alpha-${operand}`),
      list.map((one, i) => line(one.layer, points(one.position, one.alpha), colorIn(list, i), { borderWidth: 1.5 })),
      { legend: false, y: axis("α", { min: 0, max: 0.5 }), tooltip: named });
  }
  const layers = [...new Set(data.quantizers.map((one) => one.layer))];
  const last = (operand) => layers.map((layer) => {
    const found = quantizersOf(operand).find((one) => one.layer === layer);
    return found ? found.alpha[found.alpha.length - 1] : null;
  });
  new Chart(element("alpha-last"), {
    type: "bar",
    data: {
      labels: layers,
      datasets: [
        { label: "weights", data: last("weights"), backgroundColor: blue },
        { label: "activations", data: last("activations"), backgroundColor: orange },
      ],
    },
    options: {
      plugins: { legend: { align: "end", labels: { boxHeight: 8, boxWidth: 8 } } },
      scales: {
        x: { grid: { display: false }, ticks: { maxRotation: 60, minRotation: 45, autoSkip: false, font: { size: 11 } } },
        y: axis("α", { min: 0, max: 0.5 }),
      },
    },
  });
}

function showBounds() {
  for (const operand of ["weights", "activations"]) {
    const list = quantizersOf(operand);
    const lines = [];
    list.forEach((one, i) => {
      const color = colorIn(list, i);
      lines.push(line(`${one.layer} u`, points(one.position, one.u), color, { borderWidth: 1.5 }));
      lines.push(line(`${one.layer} l`, points(one.position, one.l), color, { borderWidth: 1.5, borderDash: [5, 4] }));
    });
    plot(element(`bounds-${operand}`), lines, { legend: false, tooltip: named });
  }
}

/// A small plot with a title, in the grid of a section.
function smallFigure(section, title, detail) {
  const figure = make(section.querySelector(".grid"), "figure");
  const caption = make(figure, "figcaption", `${title} `);
  make(caption, "small", detail);
  return make(make(figure, "div", undefined, "plot small"), "canvas");
}

const bitsText = (bits) => `${bits} ${bits === 1 ? "bit" : "bits"}`;

function showSoft() {
  for (const curve of data.soft) {
    const canvas = smallFigure(element("soft"), `${curve.layer}, ${curve.operand}`, `α = ${curve.alpha.toFixed(3)}, ${bitsText(curve.bits)}`);
    plot(canvas, [
      line("soft", points(curve.x, curve.soft), orange),
      line("hard", points(curve.x, curve.hard), grey, { stepped: "middle", borderWidth: 1.5 }),
    ], {
      x: roundAxis(curve.x[0], curve.x[curve.x.length - 1]),
      tooltip: { title: (items) => (items.length ? `x = ${items[0].parsed.x}` : "") },
    });
  }
}

function showHistograms() {
  const ticks = { maxTicksLimit: 4, callback: (tick) => `${tick} %` };
  for (const layer of data.histograms) {
    // A staircase: each share holds from its edge to the next.
    const shares = [...layer.shares, layer.shares[layer.shares.length - 1]];
    const datasets = [line("weights", shares.map((share, i) => ({ x: layer.start + i * layer.width, y: 100 * share })), blue, {
      type: "line", stepped: true, fill: true, backgroundColor: paleBlue, borderWidth: 1, order: 2,
    })];
    const scales = { x: roundAxis(layer.start, layer.start + layer.width * layer.shares.length), y: axis("", { beginAtZero: true, ticks }) };
    if (layer.values) {
      datasets.push({
        label: "quantized", data: layer.values.map((x, i) => ({ x, y: 100 * layer.value_shares[i] })),
        backgroundColor: orange, barThickness: 3, grouped: false, yAxisID: "right", order: 1,
      });
      scales.right = axis("", { position: "right", beginAtZero: true, grid: { display: false }, ticks });
    }
    new Chart(smallFigure(element("histograms"), layer.layer, layer.bits === undefined ? "float" : bitsText(layer.bits)), {
      type: "bar",
      data: { datasets },
      options: { parsing: false, plugins: { legend: { display: false } }, scales },
    });
  }
}

showHead();
showTraining();
if (data.quantizers.length) {
  document.querySelectorAll("#alpha, #bounds").forEach(showLayerScale);
  showAlpha();
  showBounds();
} else {
  ["alpha", "bounds"].forEach(hide);
}
data.soft && data.soft.length ? showSoft() : hide("soft");
data.histograms && data.histograms.length ? showHistograms() : hide("histograms");
document.body.dataset.ready = "yes";
